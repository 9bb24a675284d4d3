import { printable } from '../../../core/event/printable.ts';
import { renderDateTime } from '../../../core/event/render-moment.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Verb } from '../../arguments/verb.ts';
import { askAction, readSelector } from '../../daemon-verbs/daemon-selector.ts';
import { ORDER_OPERANDS, ORDER_OPTIONS, readOrder } from '../../daemon-verbs/order-options.ts';
import { leaseJson } from '../text/render-leases.ts';
import { renderLength } from '../text/render-time.ts';

export const EXTEND: Verb = {
  name: 'extend',
  summary: 'keep a door open for longer',
  description: [
    'Keeps a door that is open for the address open longer, by the given time. If a connection holds the door open (`hold`), the time counts from now.',
  ],
  operands: ORDER_OPERANDS,
  options: ORDER_OPTIONS,
  read: (given, environment) => {
    const choice = readSelector(given.values, environment);
    const order = readOrder(given);
    return askAction(choice, { verb: 'extend', ...order }, ({ lease }, output) => {
      const { left, until } = lease;
      output.answer({ lease: leaseJson(lease) }, [
        `${printable(order.door)}: open for ${order.ip} for another ${renderLength(left)}, until ${renderDateTime(until)}`,
      ]);
      return EXIT.ok;
    });
  },
};
