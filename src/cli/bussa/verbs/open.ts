import type { OpenAnswer } from '../../../core/control/order-answers.ts';
import { printable } from '../../../core/event/printable.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Verb } from '../../arguments/verb.ts';
import { askAction, readSelector } from '../../daemon-verbs/daemon-selector.ts';
import { ORDER_OPERANDS, ORDER_OPTIONS, readOrder } from '../../daemon-verbs/order-options.ts';
import { leaseJson } from '../text/render-leases.ts';
import { renderLength } from '../text/render-time.ts';

export const OPEN: Verb = {
  name: 'open',
  summary: 'open a door for an address, without a knock',
  description: [
    'Opens the door for the address as a knock would: in the firewall, by its command, or both. It closes on time, even if the daemon dies, and counts towards `max_leases`. If the door is already open, it stays open for at least this long from now.',
    'An address that `allow` or `deny` of the door would refuse is let in anyway, with a note. The log and `bussa history` show that the operator opened it.',
  ],
  operands: ORDER_OPERANDS,
  options: ORDER_OPTIONS,
  read: (given, environment) => {
    const choice = readSelector(given.values, environment);
    const order = readOrder(given);
    return askAction(choice, { verb: 'open', ...order }, (answer, output) => {
      const { outcome, lease, command, notAdmitted } = answer;
      output.answer(
        {
          outcome,
          ...(lease === undefined ? {} : { lease: leaseJson(lease) }),
          ...(command === undefined ? {} : { command }),
          ...(notAdmitted === undefined ? {} : { notAdmitted }),
        },
        [wordsOf(answer, printable(order.door), order.ip)],
      );
      if (notAdmitted) {
        output.error(`bussa: note: allow/deny of ${order.door} would have refused a knock from ${order.ip}`);
      }
      if (command !== 'failed') return EXIT.ok;
      output.error(`bussa: its start command failed: see the log; it closes on time all the same`);
      return EXIT.failed;
    });
  },
};

function wordsOf({ outcome, lease, command }: OpenAnswer, door: string, ip: string): string {
  const time = lease === undefined ? '' : ` for ${renderLength(lease.left)}`;
  const what = lease === undefined || lease.ports === '' ? '' : ` (${lease.ports})`;
  switch (outcome) {
    case 'opened':
      return `${door}: opened for ${ip}${what}${time}${command === 'running' ? '; its start command still runs' : ''}`;
    case 'extended':
      return `${door}: it was already open for ${ip}${what}, and stays open${time}`;
    case 'runs':
      return `${door}: its command has been started for ${ip}; nothing closes it again`;
    case 'after-close':
      return `${door}: it is closing for ${ip}, and opens again after that`;
    default:
      throw new Error(`an outcome without words: ${JSON.stringify(outcome satisfies never)}`);
  }
}
