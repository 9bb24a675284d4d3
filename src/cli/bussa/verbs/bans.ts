import { instant } from '../../../core/net/time.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import type { Verb } from '../../arguments/verb.ts';
import { printNoAnswer, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';

const OPTIONS = {
  penalties: {
    type: 'boolean',
    summary: 'list the addresses under penalty instead, which have to knock twice, and until when',
    details: '`bussa unban` lifts a penalty.',
  },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const BANS: Verb = {
  name: 'bans',
  summary: 'list the bans and when they end',
  description: ['Lists the addresses and prefixes that `bussa ban` has banned, in that order.'],
  operands: [],
  options: OPTIONS,
  read: ({ values }, environment) => {
    const choice = readSelector(values, environment);
    const verb = values.has('penalties') ? 'penalties' : 'bans';
    return async (output) => {
      const { askForRows } = await import('../../../app/ask/ask-daemon.ts');
      const { renderBanEnd } = await import('../../../core/control/ban-answers.ts');
      const reply = await askForRows(choice, { verb });
      if (reply.kind !== 'answer') return printNoAnswer(reply, output);
      const rows = reply.answer;
      const now = instant(Date.now());
      const lines = rows.map((row) => `${row.who}  ${renderBanEnd(row, now)}`);
      const nobody = verb === 'bans' ? 'Nobody is banned.' : 'Nobody is in penalty.';
      output.answer({ [verb]: rows }, lines.length === 0 ? [nobody] : lines);
      return EXIT.ok;
    };
  },
};
