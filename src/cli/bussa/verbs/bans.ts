import { instant } from '../../../core/net/time.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Verb } from '../../arguments/verb.ts';
import { CHOICE_OPTIONS, daemonChoice, printNoAnswer } from '../../daemon-verbs/daemon-selector.ts';

export const BANS: Verb = {
  name: 'bans',
  summary: 'list the bans and when they end',
  description: ['Lists the addresses and prefixes that `bussa ban` has banned, in that order.'],
  operands: [],
  options: CHOICE_OPTIONS,
  read: ({ values }, environment) => {
    const choice = daemonChoice(values, environment);
    return async (output) => {
      const { askForRows } = await import('../../../app/ask/ask-daemon.ts');
      const { renderBanEnd } = await import('../../../core/control/ban-answers.ts');
      const reply = await askForRows(choice, { verb: 'bans' });
      if (reply.kind !== 'answer') return printNoAnswer(reply, output);
      const bans = reply.answer;
      const now = instant(Date.now());
      const lines = bans.map((ban) => `${ban.who}  ${renderBanEnd(ban, now)}`);
      output.answer({ bans }, lines.length === 0 ? ['Nobody is banned.'] : lines);
      return EXIT.ok;
    };
  },
};
