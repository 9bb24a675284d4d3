import { useEffect, useRef, useState } from 'preact/hooks';
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
/** The width of the shortest lease. */
const SHORTEST = 3;
/** The height of the strip of failures. */
const STRIP = 24;
const SHOWN = 8;
/** Of the server's answer. */
const MAX_HISTORY = 500;
const HOURS = [0, 6, 12, 18];

/** The periods in which each door was open. */
function spansOf(past: readonly PastLease[], { now, leases }: Overview) {
  return [
    ...past.map(({ door, sinceWall, at }) => ({
      door,
      from: sinceWall,
      to: Number(at),
      open: false,
    })),
    ...leases.map(({ door, since }) => ({ door, from: since, to: Number(now), open: true })),
  ];
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** The columns of one count, by the logarithm, as one path. `below`: counts that they stand on. */
function columns(values: readonly number[], below: readonly number[], top: number): string {
  const width = WIDTH / values.length;
  const reach = (count: number): number => Math.min(STRIP, count === 0 ? 0 : 4 + Math.log2(count) * 2);
  return values
    .map((count, at) => {
      const base = reach(below[at] ?? 0);
      const end = reach(count + (below[at] ?? 0));
      return count === 0
        ? ''
        : `M${at * width} ${top + STRIP - base}v${base - end}h${width * 0.9}v${end - base}z`;
    })
    .join('');
}

/** Leases of the day as bars, one row per door, and below them how many tries failed, for each quarter of an hour. */
export function Day({ overview }: { readonly overview: Overview }) {
  const { say, language } = useView();
  const past = usePast(overview);
  const { now, leases, day } = overview;
  const start = now - DAY_MS;
  const x = (at: number): number => Math.max(0, ((at - start) / DAY_MS) * WIDTH);
  const doors = [...new Set([...leases, ...past].map(({ door }) => door))].slice(0, MAX_ROWS);
  const spans = spansOf(past, overview);
  /** One path for all: 500 elements would take the browser longer than a frame. */
  const bars = (some: typeof spans): string =>
    some
      .map(({ door, from, to }) => {
        // What has just begun is drawn as well, at the right edge.
        const left = Math.min(x(from), WIDTH - SHORTEST);
        const top = Math.max(0, doors.indexOf(door)) * ROW + 2;
        return `M${left} ${top}h${Math.max(SHORTEST, x(to) - left)}v${ROW - 4}H${left}z`;
      })
      .join('');
  const strip = doors.length * ROW + 4;
  const height = strip + STRIP;
  const total = sumOf(day.failed) + sumOf(day.penalised);
  // The overview lists only the first leases.
  const opened = overview.status.leases.open + past.length;
  const text = say('dayText', past.length < MAX_HISTORY ? opened : `> ${opened}`, total);
  return (
    <Section id="day" title={say('day')} isWide>
      <svg
        class="day"
        viewBox={`0 0 ${WIDTH} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text}
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
        <path class="span" d={bars(spans.filter(({ open }) => !open))} />
        <path class="span open" d={bars(spans.filter(({ open }) => open))} />
        <path class="failure" d={columns(day.failed, day.penalised, strip)} />
        <path class="failure penalised" d={columns(day.penalised, [], strip)} />
      </svg>
      <p class="axis quiet">
        {[...HOURS, 24].map((hour) => (
          <span key={hour}>{renderTime(start + (hour / 24) * DAY_MS, language).replace(/:\d\d$/, '')}</span>
        ))}
      </p>
      <p class="legend" aria-hidden="true">
        <span class="good">{say('openNow')}</span>
        <span class="quiet">{say('ended')}</span>
        <span class="bad">{say('failedTries')}</span>
        <span class="warn">{say('penalty')}</span>
      </p>
      {past.length === 0 ? <Empty>{text}</Empty> : <Past past={past} />}
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
function usePast({ status, now }: Overview): readonly PastLease[] {
  const [past, setPast] = useState<readonly PastLease[]>([]);
  const { closed } = status.counts;
  // By the daemon's clock: the reader's may differ.
  const latest = useRef(now);
  latest.current = now;
  useEffect(() => {
    ask('history', `?since=${latest.current - DAY_MS}`).then(setPast, () => undefined);
  }, [closed]);
  return past;
}
