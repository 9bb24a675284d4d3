import type { DaemonStatus } from '../../../core/control/daemon-status.ts';
import type { Trouble } from '../live-message.ts';
import { renderRemaining, renderTime } from './format.ts';
import type { Language } from './language.ts';
import { type LiveState, STALE_MS } from './live-state.ts';
import { English } from './sentence.tsx';
import { useNow } from './use-now.ts';
import { type Translation, useView } from './view.ts';
import type { Word } from './words/page-words.ts';

/** Errors are shown for ten minutes. */
const NEWS_MS = 600_000;

/** `detail`: in English, because only the daemon has words for it. */
type Line = { readonly text: string; readonly detail?: string };

const TROUBLES: Readonly<Partial<Record<Trouble, Word>>> = {
  'no-daemon': 'troubleNoDaemon',
  hung: 'troubleHung',
  permission: 'troublePermission',
  'other-version': 'troubleOtherVersion',
};

const detailOf = (detail: string | undefined): Pick<Line, 'detail'> =>
  detail === undefined ? {} : { detail };

/** Problems, above everything else. */
export function Warnings({ state }: { readonly state: LiveState }) {
  const view = useView();
  const { say, language } = view;
  const now = useNow();
  const { overview, trouble, isRefused, heardAt, heardWall, overviewAt } = state;
  const isStale = now - heardAt > STALE_MS;
  const lines: Line[] = [];
  if (isRefused) lines.push({ text: say('token') });
  else if (overview === undefined && trouble === undefined) lines.push({ text: say('connecting') });
  else if (isStale && overview !== undefined)
    lines.push({ text: say('stale', renderTime(heardWall, language)) });
  if (trouble !== undefined)
    lines.push({ text: say(TROUBLES[trouble.why] ?? 'troubleOther'), detail: trouble.message });
  if (overview !== undefined) lines.push(...statusLines(overview.status, view, language, now - overviewAt));
  return (
    <div role="alert" class={isStale ? 'alerts is-stale' : 'alerts'}>
      {lines.map(({ text, detail }) => (
        <p key={`${text} ${detail}`} class="alert">
          {text} {detail === undefined ? null : <English>{detail}</English>}
        </p>
      ))}
    </div>
  );
}

function statusLines(status: DaemonStatus, { say }: Translation, language: Language, passed: number): Line[] {
  const { firewall, exposure, trialLeft, unconfirmed, lastError, startedAt, uptime, fleet } = status;
  const lines: Line[] = [];
  if (unconfirmed) lines.push({ text: say('trial', renderRemaining((trialLeft ?? 0) - passed)) });
  if (firewall.kind === 'missing')
    lines.push({ text: say('firewallMissing', firewall.name), detail: firewall.why });
  if (firewall.kind === 'unreachable') lines.push({ text: say('firewallUnreachable') });
  if (fleet?.connected === false) lines.push({ text: say('fleetAway'), ...detailOf(fleet.why) });
  for (const line of exposure?.open ?? []) lines.push({ text: say('strangers'), detail: line });
  if (lastError !== undefined && startedAt + uptime - lastError.at < NEWS_MS) {
    lines.push({ text: say('lastError', renderTime(lastError.at, language)), detail: lastError.text });
  }
  return lines;
}
