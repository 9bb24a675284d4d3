import type { DaemonStatus } from '../../../core/control/daemon-status.ts';
import { renderRemaining, renderTime } from './format.ts';
import { type LiveState, STALE_MS } from './live-state.ts';
import { useNow } from './use-now.ts';
import { type Translation, useView } from './view.ts';
import type { Language } from './words.ts';

/** Errors are shown for ten minutes. */
const NEWS_MS = 600_000;

/** Problems, above everything else. */
export function Warnings({ state }: { readonly state: LiveState }) {
  const view = useView();
  const { say, language } = view;
  const now = useNow();
  const { overview, trouble, isRefused, heardAt, heardWall, overviewAt } = state;
  const isStale = now - heardAt > STALE_MS;
  const lines: string[] = [];
  if (isRefused) lines.push(say('token'));
  else if (overview === undefined && trouble === undefined) lines.push(say('connecting'));
  else if (isStale && overview !== undefined) lines.push(say('stale', renderTime(heardWall, language)));
  if (trouble !== undefined) lines.push(trouble);
  if (overview !== undefined) lines.push(...statusLines(overview.status, view, language, now - overviewAt));
  return (
    <div role="alert" class={isStale ? 'alerts is-stale' : 'alerts'}>
      {lines.map((line) => (
        <p key={line} class="alert">
          {line}
        </p>
      ))}
    </div>
  );
}

function statusLines(
  status: DaemonStatus,
  { say }: Translation,
  language: Language,
  passed: number,
): string[] {
  const { firewall, exposure, trialLeft, unconfirmed, lastError, startedAt, uptime, fleet } = status;
  const lines: string[] = [];
  if (unconfirmed) lines.push(say('trial', renderRemaining((trialLeft ?? 0) - passed)));
  if (firewall.kind === 'missing') lines.push(say('firewallMissing', firewall.name, firewall.why));
  if (firewall.kind === 'unreachable') lines.push(say('firewallUnreachable'));
  if (fleet?.connected === false) lines.push(say('fleetAway', fleet.why ?? ''));
  for (const line of exposure?.open ?? []) lines.push(say('strangers', line));
  if (lastError !== undefined && startedAt + uptime - lastError.at < NEWS_MS) {
    lines.push(say('lastError', renderTime(lastError.at, language), lastError.text));
  }
  return lines;
}
