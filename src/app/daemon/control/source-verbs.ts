import { MAX_BANS } from '../../../core/ban/ban-list.ts';
import { plainBan } from '../../../core/control/ban-answers.ts';
import { RequestError } from '../../../core/control/parse-request.ts';
import type { ControlVerbs } from '../../../host/control/control-verbs.ts';
import type { BanKeeper } from '../bans/ban-keeper.ts';
import type { SourceView } from '../status/source-view.ts';

/** Ten years. */
const MAX_BAN_MS = 10 * 365 * 86_400_000;

/** The number of sources remembered. */
const MAX_SOURCES = 4096;

/** Verbs about single sources. */
export function sourceVerbs(
  bans: BanKeeper,
  sources: SourceView,
): Pick<ControlVerbs, 'ban' | 'unban' | 'bans' | 'explain' | 'sources' | 'penalties'> {
  return {
    ban: ({ who, for: length }, asker) => {
      if (length !== undefined && length > MAX_BAN_MS) {
        throw new RequestError('that is too long: without a time the ban is permanent');
      }
      const outcome = bans.ban(who, length, asker());
      if (outcome.kind === 'banned') {
        const { ban, unkept } = outcome;
        return { ban: plainBan(ban), ...(unkept === undefined ? {} : { unkept }) };
      }
      throw new RequestError(
        `${MAX_BANS} addresses and prefixes are banned, the maximum: lift some with \`bussa unban\`, or ban whole prefixes`,
      );
    },
    unban: ({ who }, asker) => {
      const outcome = bans.unban(who, asker());
      return { ...outcome, still: outcome.still.map(plainBan) };
    },
    bans: () => bans.list().map(plainBan),
    sources: ({ outcome, limit }) => sources.recent(limit ?? MAX_SOURCES, outcome),
    penalties: () => sources.penalties(),
    explain: ({ ip, follow }) => {
      if (follow === true && !sources.follow(ip)) {
        throw new RequestError('cannot follow another address: the limit is reached');
      }
      return sources.explain(ip);
    },
  };
}
