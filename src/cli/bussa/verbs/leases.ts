import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { parseSource } from '../../arguments/parse-source.ts';
import type { Verb } from '../../arguments/verb.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';
import { leaseJson, renderLeases } from '../text/render-leases.ts';

const OPTIONS = {
  door: {
    type: 'string',
    value: 'DOOR',
    completes: 'door',
    summary: 'only leases of this door',
  },
  ip: { type: 'string', value: 'ADDRESS', summary: 'only leases of this address' },
  user: { type: 'string', value: 'NAME', summary: 'only leases that this user holds' },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const LEASES: Verb = {
  name: 'leases',
  summary: 'list open doors, for whom, and the time left',
  description: [
    'Prints the doors that are open now, for which address, since when, and the time left, in the order in which they were opened. `opening` and `closing` are doors whose commands are still running.',
  ],
  operands: [],
  options: OPTIONS,
  read: ({ values }, environment) => {
    const choice = readSelector(values, environment);
    const door = values.get('door');
    const ip = values.get('ip');
    const user = values.get('user');
    const filter = {
      ...(door === undefined ? {} : { door }),
      ...(ip === undefined ? {} : { ip: parseSource(ip) }),
      ...(user === undefined ? {} : { user }),
    };
    return async (output) => {
      const { askForRows } = await import('../../../app/ask/ask-daemon.ts');
      const reply = await askForRows(choice, { verb: 'leases', ...filter });
      if (reply.kind !== 'answer') return printNoAnswer(reply, output);
      const leases = reply.answer;
      const lines = leases.length === 0 ? ['no door is open'] : renderLeases(leases, output);
      output.answer({ leases: leases.map(leaseJson) }, lines);
      return EXIT.ok;
    };
  },
};
