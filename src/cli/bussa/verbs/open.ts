import type { OpenAnswer } from '../../../core/control/order-answers.ts';
import { printable } from '../../../core/event/printable.ts';
import { BUSSA_EXIT, type Verb } from '../../arguments/verb.ts';
import { askAction, daemonChoice } from '../../daemon-verbs/daemon-selector.ts';
import { ORDER_OPERANDS, ORDER_OPTIONS, readOrder } from '../../daemon-verbs/order-options.ts';
import { leaseJson } from '../text/render-leases.ts';
import { renderLength } from '../text/render-time.ts';

export const OPEN: Verb = {
  name: 'open',
  summary: 'open a door for an address, without a knock',
  description: [
    'Opens the door for the address as its knock would: in the firewall, by its command, or both. It closes at its time, also if the daemon dies, and counts among `max_leases`. Where it is open already, it stays open for at least as long from now on.',
    'An address that the door would not have let knock (`allow`, `deny`) is let in all the same, with a remark. The log and `bussa history` say that it was the operator.',
  ],
  operands: ORDER_OPERANDS,
  options: ORDER_OPTIONS,
  read: (given, environment) => {
    const choice = daemonChoice(given.values, environment);
    const order = readOrder(given);
    return askAction(choice, { verb: 'open', ...order }, (answer, voice) => {
      const { outcome, lease, command, notAdmitted } = answer;
      voice.answer(
        {
          outcome,
          ...(lease === undefined ? {} : { lease: leaseJson(lease) }),
          ...(command === undefined ? {} : { command }),
          ...(notAdmitted === undefined ? {} : { notAdmitted }),
        },
        [wordsOf(answer, printable(order.door), order.ip)],
      );
      if (notAdmitted) {
        voice.complain(
          `bussa: by a knock it would not have been opened: allow or deny of ${order.door} speak against ${order.ip}`,
        );
      }
      if (command !== 'failed') return BUSSA_EXIT.ok;
      voice.complain(
        `bussa: its start command has failed: the log says how; it closes at its time all the same`,
      );
      return BUSSA_EXIT.failed;
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
      return `${door}: it was open for ${ip} already${what}, and stays so${time}`;
    case 'runs':
      return `${door}: its command has been started for ${ip}; nothing closes it again`;
    case 'after-close':
      return `${door}: it is being closed for ${ip} just now, and opens again after that`;
    default:
      throw new Error(`an outcome without words: ${JSON.stringify(outcome satisfies never)}`);
  }
}
