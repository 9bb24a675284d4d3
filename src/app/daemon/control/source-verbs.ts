import { type Ban, MAX_BANS } from '../../../core/ban/ban-list.ts';
import type { PlainBan } from '../../../core/control/plain-ban.ts';
import {
  ADDRESS,
  LENGTH,
  needed,
  PREFIX,
  RequestError,
  readRequest,
  YES,
} from '../../../core/control/read-request.ts';
import { renderPrefix } from '../../../core/net/prefix.ts';
import { renderTraceEntry } from '../../../core/trace/render-trace.ts';
import type { TraceEntry } from '../../../core/trace/trace-entry.ts';
import type { ControlReply } from '../../../host/control/control-server.ts';
import type { BanKeeper } from '../bans/ban-keeper.ts';
import type { SourceStory, SourceView } from '../status/source-view.ts';
import type { ControlVerbs } from './control.ts';
import { inParts } from './in-parts.ts';

/** Ten years. */
const MAX_BAN_MS = 10 * 365 * 86_400_000;

/**
 * What concerns single sources. `ban`, of `who` and `for` so many ms or for good: `{ban, unkept?}` · `unban`:
 * `{removed, still, forgiven, unkept?}` · `bans`: parts of `{bans}` · `explain`, of an `ip`, which `follow` has kept
 * whatever comes: a story.
 */
export function sourceVerbs(bans: BanKeeper, sources: SourceView): ControlVerbs {
  return {
    ban: (request) => {
      const { who, for: length } = readRequest(request, { who: PREFIX, for: LENGTH });
      if (length !== undefined && length > MAX_BAN_MS) {
        throw new RequestError('that is too long: leave the time out, and the ban is for good');
      }
      const outcome = bans.ban(needed(who, 'who'), length);
      if (outcome.kind === 'banned') return { ok: true, ...outcome, ban: plainBan(outcome.ban) };
      const error = `${MAX_BANS} addresses and prefixes are banned, which is as many as there may be: lift some with \`bussa unban\`, or ban whole prefixes`;
      return { ok: false, error };
    },
    unban: (request) => {
      const { who } = readRequest(request, { who: PREFIX });
      const outcome = bans.unban(needed(who, 'who'));
      return { ok: true, ...outcome, still: outcome.still.map(plainBan) };
    },
    bans: (request) => {
      readRequest(request, {});
      return inParts('bans', bans.list().map(plainBan));
    },
    explain: (request) => {
      const { ip, follow } = readRequest(request, { ip: ADDRESS, follow: YES });
      const source = needed(ip, 'ip');
      if (follow === true && !sources.follow(source)) {
        return {
          ok: false,
          error: 'there is no room to follow one more address: others are followed in its place',
        };
      }
      return { ok: true, source, ...plainStory(sources.explain(source)) };
    },
  };
}

const plainBan = ({ prefix, until }: Ban): PlainBan => ({
  who: renderPrefix(prefix),
  ...(until === undefined ? {} : { until }),
});

function plainStory({ entries, ...story }: SourceStory): ControlReply {
  return { ...story, entries: entries.map(plainEntry) };
}

/** `text` says all of it but the time. */
function plainEntry(entry: TraceEntry): ControlReply {
  const { door, knock, ...rest } = entry;
  return {
    ...rest,
    ...(knock === undefined ? {} : { knock: `${knock.protocol}/${knock.port}` }),
    ...(door === undefined ? {} : { door: door.name, of: door.sequence.length }),
    text: renderTraceEntry(entry),
  };
}
