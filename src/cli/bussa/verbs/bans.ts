import type { PlainBan } from '../../../core/control/plain-ban.ts';
import { BUSSA_EXIT, type Verb } from '../../arguments/verb.ts';
import { CHOICE_OPTIONS, complainOfReply, daemonChoice } from '../../daemon-verbs/daemon-selector.ts';

export const BANS: Verb = {
  name: 'bans',
  summary: 'list who is banned, and until when',
  description: ['Lists the addresses and prefixes that `bussa ban` has banned, in that order.'],
  operands: [],
  options: CHOICE_OPTIONS,
  read: ({ values }, environment) => {
    const choice = daemonChoice(values, environment);
    return async (voice) => {
      const { askDaemonInParts } = await import('../../../app/ask/ask-daemon.ts');
      const { banOf, renderBanEnd } = await import('../../../core/control/plain-ban.ts');
      const bans: PlainBan[] = [];
      const reply = await askDaemonInParts(choice, { verb: 'bans' }, (part) => {
        if (Array.isArray(part.bans)) bans.push(...part.bans.map(banOf));
      });
      if (reply.kind !== 'answer') return complainOfReply(reply, voice);
      const lines = bans.map((ban) => `${ban.who}  ${renderBanEnd(ban, Date.now())}`);
      voice.answer({ bans }, lines.length === 0 ? ['Nobody is banned.'] : lines);
      return BUSSA_EXIT.ok;
    };
  },
};
