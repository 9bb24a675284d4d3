import type { Requests } from '../../../core/control/contract.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { parseSource } from '../../arguments/parse-source.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { ParsedArguments, Verb } from '../../arguments/verb.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';

const OPTIONS = {
  all: { type: 'boolean', summary: 'close all open leases, or all of one door' },
  fleet: { type: 'boolean', summary: 'close it at all members of the fleet, whoever has opened it' },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const CLOSE: Verb = {
  name: 'close',
  summary: 'close a door for an address now, or all doors',
  description: [
    'Ends the lease as if its time were over: closes the ports, cuts connections if the door says `close_kills`, and runs the stop command. Other connections live on. A new knock opens the door again.',
    'Waits up to 5 seconds for the lease to end. If the stop command takes longer, it says so, and the status is 0.',
  ],
  operands: [
    { name: 'DOOR', summary: 'the door', optional: true, completes: 'door' },
    { name: 'ADDRESS', summary: 'the address it is open for', optional: true },
  ],
  options: OPTIONS,
  read: (given, environment) => {
    const choice = readSelector(given.values, environment);
    const request = readRequest(given);
    return async (output) => {
      const { askDaemon } = await import('../../../app/ask/ask-daemon.ts');
      const reply = await askDaemon(choice, { verb: 'close', ...request });
      if (reply.kind !== 'answer') return printNoAnswer(reply, output);
      const { closed, closing } = reply.answer;
      const more = closing === 0 ? '' : `, ${closing} still closing: see \`bussa leases\` and the log`;
      output.answer({ closed, closing }, [
        closed + closing === 0 ? 'no door was open' : `${closed} closed${more}`,
      ]);
      return EXIT.ok;
    };
  },
};

function readRequest({ values, operands }: ParsedArguments): Requests['close'] {
  const [door, ip] = operands;
  const which = {
    ...(door === undefined ? {} : { door }),
    ...(ip === undefined ? {} : { ip: parseSource(ip) }),
  };
  if (values.has('all') && values.has('fleet'))
    throw new UsageError('--fleet takes a door and an address, not --all');
  if (values.has('all')) return { ...which, all: true };
  if (door === undefined) throw new UsageError('give DOOR and ADDRESS, or --all');
  if (ip === undefined) {
    throw new UsageError(`give an address: bussa close ${door} ADDRESS, or bussa close ${door} --all`);
  }
  return values.has('fleet') ? { ...which, fleet: true } : which;
}
