import { useEffect, useState } from 'preact/hooks';
import type { Overview } from '../../../core/control/overview.ts';
import type { PastLease } from '../../../core/lease/past-lease.ts';
import { renderTime } from './format.ts';
import { Empty, Section, SourceButton } from './section.tsx';
import { ask } from './server.ts';
import { useView } from './view.ts';

const DAY_MS = 86_400_000;
const WIDTH = 1000;
const ROW = 12;
const MAX_ROWS = 12;
const SHOWN = 8;
const HOURS = [0, 6, 12, 18];
const GOOD: ReadonlySet<string> = new Set(['open', 'was-open', 'completed', 'pending', 'nothing']);

/** The periods in which each door was open. */
function spansOf(past: readonly PastLease[], { now, leases }: Overview) {
  return [
    ...past.map(({ id, door, sinceWall, at }) => ({
      id,
      door,
      from: sinceWall,
      to: Number(at),
      open: false,
    })),
    ...leases.map(({ id, door, since }) => ({ id, door, from: since, to: Number(now), open: true })),
  ];
}

/** Leases of the day as bars, one row per door, and below them the sources that failed. */
export function Day({ overview }: { readonly overview: Overview }) {
  const { say, language } = useView();
  const past = usePast(overview.status.counts.closed);
  const { now, leases, sources } = overview;
  const start = now - DAY_MS;
  const x = (at: number): number => Math.max(0, ((at - start) / DAY_MS) * WIDTH);
  const doors = [...new Set([...leases, ...past].map(({ door }) => door))].slice(0, MAX_ROWS);
  const failed = sources.filter(({ kind, at }) => !GOOD.has(kind) && at > start);
  const spans = spansOf(past, overview);
  const height = (doors.length + 1) * ROW + 16;
  return (
    <Section id="day" title={say('day')} isWide>
      <svg
        class="day"
        viewBox={`0 0 ${WIDTH} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={say('dayText', spans.length, failed.length)}
      >
        {HOURS.map((hour) => (
          <line
            key={hour}
            class="hour"
            x1={(hour / 24) * WIDTH}
            x2={(hour / 24) * WIDTH}
            y1={0}
            y2={height}
          />
        ))}
        {spans.map(({ id, door, from, to, open }) => (
          <rect
            key={id}
            class={open ? 'span open' : 'span'}
            x={x(from)}
            y={Math.max(0, doors.indexOf(door)) * ROW + 2}
            width={Math.max(3, x(to) - x(from))}
            height={ROW - 4}
          />
        ))}
        {failed.map(({ source, at }) => (
          <circle key={source} class="failure" cx={x(at)} cy={doors.length * ROW + 8} r={4} />
        ))}
      </svg>
      <p class="axis quiet">
        {[...HOURS, 24].map((hour) => (
          <span key={hour}>{renderTime(start + (hour / 24) * DAY_MS, language).replace(/:\d\d$/, '')}</span>
        ))}
      </p>
      {past.length === 0 ? (
        <Empty>{say('dayText', spans.length, failed.length)}</Empty>
      ) : (
        <Past past={past} />
      )}
    </Section>
  );
}

function Past({ past }: { readonly past: readonly PastLease[] }) {
  const { say, language } = useView();
  return (
    <ul class="rows" aria-label={say('history')}>
      {past.slice(0, SHOWN).map(({ id, source, door, sinceWall, at, orderedBy, closedBy }) => (
        <li key={id}>
          <SourceButton source={source} />
          <b>{door}</b>
          <span class="mono">
            {renderTime(sinceWall, language)}–{renderTime(at, language)}
          </span>
          <span class="quiet">{[orderedBy, closedBy].filter(Boolean).join(' → ')}</span>
        </li>
      ))}
    </ul>
  );
}

/** Requested again when a lease has ended. */
function usePast(closed: number): readonly PastLease[] {
  const [past, setPast] = useState<readonly PastLease[]>([]);
  useEffect(() => {
    ask('history', `?since=${Date.now() - DAY_MS}`).then(setPast, () => undefined);
  }, [closed]);
  return past;
}
