import type { PendingAttempt } from '../../core/attempt/pending-attempt.ts';
import type { DoorStatus } from '../../core/control/door-status.ts';
import type { LeaseStatus } from '../../core/control/lease-status.ts';
import { printable } from '../../core/event/printable.ts';
import { holderNames } from '../../core/lease/holders.ts';
import { fitText, type Line, type LineStyle, span } from './line.ts';
import { renderFleetLine } from './render-fleet-line.ts';
import { renderRemaining, renderUptime } from './render-length.ts';
import { renderSparkline } from './sparkline.ts';
import type { WatchPoll } from './watch-poll.ts';
import { type Choice, isSameChoice, type WatchEvent, type WatchState } from './watch-state.ts';

export type ScreenSize = { readonly columns: number; readonly rows: number };

const KEYS = '↑↓ select  x explain  c close  e extend  b ban  ? help  q quit';
/** Number of lines above and below the lists. A fleet has another one. */
const HEAD = 5;
const FOOT = 2;
const headOf = ({ poll }: WatchState): number => HEAD + (poll?.status.fleet === undefined ? 0 : 1);
/** Columns of a countdown bar, and of an address. */
const BAR = 10;
const ADDRESS = 24;
/** `14m 50s left`. */
const TIME = 13;

/**
 * The whole view as exactly as many lines as the screen has. `now`: as `WatchPoll.at`. `day`: the time of day as text.
 */
export function renderWatch(state: WatchState, now: number, day: string, size: ScreenSize): readonly Line[] {
  const { poll, page } = state;
  const body =
    poll === undefined
      ? []
      : page === undefined
        ? renderLists(state, poll, now, size)
        : renderPage(page, size);
  const room = Math.max(0, size.rows - headOf(state) - FOOT);
  const filled = [
    ...body.slice(0, room),
    ...Array.from({ length: Math.max(0, room - body.length) }, (): Line => []),
  ];
  return [...renderHead(state, day, size), ...filled, ...renderFoot(state)].slice(0, size.rows);
}

function renderHead(
  { poll, packets, dropped }: WatchState,
  day: string,
  { columns }: ScreenSize,
): readonly Line[] {
  if (poll === undefined) return [[span('bussa watch', 'bold')], [], [], [], []];
  const { status } = poll;
  const { counts } = status;
  const title = `bussa watch  up ${renderUptime(status.uptime)}  ${status.listeningOn}  ${renderFirewall(poll)}`;
  const width = Math.max(10, columns - 24);
  const rate = (name: string, values: readonly number[], style: 'green' | 'red'): Line => [
    span(fitText(name, 8), 'dim'),
    span(fitText(`${renderRate(values.at(-1) ?? 0)}/s`, 10, 'right')),
    span('  '),
    span(renderSparkline(values, width), style),
  ];
  const tallies = [
    ['attempts', status.attempts],
    ['opened', counts.opened],
    ['refused', counts.refused + counts.withheld],
    ['wrong', counts.failed + counts.expired],
    ['scans', counts.scans],
    ['in penalty', status.tripwires.suspects],
  ] as const;
  return [
    [span(fitText(title, columns - 9), 'bold'), span(fitText(day, 9, 'right'), 'dim')],
    rate('packets', packets, 'green'),
    rate('dropped', dropped, (dropped.at(-1) ?? 0) > 0 ? 'red' : 'green'),
    tallies.flatMap(([name, value]) => [span(`${name} `, 'dim'), span(`${value}  `)]),
    ...(status.fleet === undefined ? [] : [renderFleetLine(status.fleet)]),
    [],
  ];
}

function renderFoot({ message }: WatchState): readonly Line[] {
  return [[span(message ?? '', 'yellow')], [span(KEYS, 'dim')]];
}

function renderPage(page: readonly string[], { columns }: ScreenSize): readonly Line[] {
  const lines = page.flatMap((text) => fold(text, columns));
  return [...lines.map((text) => [span(text)]), [], [span('any key goes back', 'dim')]];
}

/** The whole text, wrapped. */
function fold(text: string, columns: number): readonly string[] {
  const characters = [...printable(text)];
  const width = Math.max(1, columns);
  const count = Math.max(1, Math.ceil(characters.length / width));
  return Array.from({ length: count }, (_, line) =>
    characters.slice(line * width, (line + 1) * width).join(''),
  );
}

function renderLists(state: WatchState, poll: WatchPoll, now: number, size: ScreenSize): readonly Line[] {
  const { doors, leases, attempts } = poll;
  const head = headOf(state);
  const room = Math.max(3, size.rows - head - FOOT - 3);
  // Doors get at most a third; open leases take precedence over attempts.
  const forDoors = Math.min(doors.length, Math.max(1, Math.floor(room / 3)));
  const forLeases = Math.min(leases.length, Math.max(room - forDoors - Math.min(attempts.length, 4), 1));
  const forAttempts = Math.min(attempts.length, Math.max(0, room - forDoors - forLeases));
  const passed = Math.max(0, now - poll.at);
  const mark = (choice: Choice): Line =>
    isSameChoice(choice, state.chosen) ? [span('> ', 'bold')] : [span('  ')];
  const first = firstShown(state, poll, forLeases, forAttempts);
  return [
    heading('doors', doors.length, forDoors),
    ...doors.slice(0, forDoors).map((door) => renderDoor(door, size)),
    heading('open', poll.status.leases.open, forLeases),
    ...leases
      .slice(first.lease, first.lease + forLeases)
      .map((lease) => [
        ...mark({ kind: 'lease', door: lease.door, source: lease.source }),
        ...renderLease(lease, passed, size),
      ]),
    heading('attempts', poll.status.attempts, forAttempts),
    ...attempts
      .slice(first.attempt, first.attempt + forAttempts)
      .map((attempt) => [
        ...mark({ kind: 'attempt', door: attempt.door, source: attempt.source }),
        ...renderAttempt(attempt, size),
      ]),
    ...renderEvents(state.events, size.rows - head - FOOT - 3 - forDoors - forLeases - forAttempts, size),
  ];
}

const EVENT_STYLES: Readonly<Record<WatchEvent['level'], LineStyle | undefined>> = {
  error: 'red',
  warning: 'yellow',
  notice: undefined,
};

/** The latest in the room that the lists leave, the newest last. */
function renderEvents(events: readonly WatchEvent[], room: number, { columns }: ScreenSize): readonly Line[] {
  if (events.length === 0 || room < 2) return [];
  return [
    [span('EVENTS', 'cyan')],
    ...events
      .slice(1 - room)
      .map(({ day, text, level }) => [
        span(`  ${day}  `, 'dim'),
        span(fitText(text, Math.max(8, columns - 12)), EVENT_STYLES[level]),
      ]),
  ];
}

/** Scrolls the lists so that the selected row is visible. */
function firstShown(
  { chosen }: WatchState,
  { leases, attempts }: WatchPoll,
  forLeases: number,
  forAttempts: number,
): { readonly lease: number; readonly attempt: number } {
  const at = (rows: readonly { readonly door: string; readonly source: string }[], room: number): number => {
    const index = rows.findIndex(({ door, source }) => door === chosen?.door && source === chosen.source);
    return Math.max(0, index - room + 1);
  };
  return {
    lease: chosen?.kind === 'lease' ? at(leases, forLeases) : 0,
    attempt: chosen?.kind === 'attempt' ? at(attempts, forAttempts) : 0,
  };
}

function heading(name: string, count: number, shown: number): Line {
  const more = count > shown ? `, ${count - shown} more` : '';
  return [span(`${name.toUpperCase()} ${count}`, 'cyan'), span(more, 'dim')];
}

function renderDoor({ name, ports, leases, counts, shut }: DoorStatus, { columns }: ScreenSize): Line {
  const state =
    shut === undefined
      ? `${leases} open, ${counts.opened} opened, ${counts.refused} refused`
      : `shut: ${shut}`;
  const width = Math.max(8, Math.floor((columns - 2) / 4));
  return [
    span('  '),
    span(fitText(name, width), 'bold'),
    span(' '),
    span(fitText(ports === '' ? 'a command' : ports, width)),
    span(' '),
    span(state, shut === undefined ? undefined : 'red'),
  ];
}

function renderLease(lease: LeaseStatus, passed: number, { columns }: ScreenSize): Line {
  const left = Math.max(0, lease.left - passed);
  const whole = Math.max(1, lease.until - lease.since);
  const full = Math.ceil(Math.min(1, left / whole) * BAR);
  const isFailed = lease.startFailure !== undefined;
  const time = isFailed ? 'FAILED' : lease.held ? 'held' : `${renderRemaining(left)} left`;
  const width = Math.max(6, columns - ADDRESS - BAR - TIME - 5);
  return [
    span(fitText(lease.source, ADDRESS)),
    span(fitText(whose(lease), Math.floor(width / 2)), 'bold'),
    span(' '),
    span(fitText(lease.ports === '' ? 'a command' : lease.ports, width - Math.floor(width / 2))),
    span(fitText(time, TIME, 'right'), isFailed ? 'red' : left < 10_000 && !lease.held ? 'yellow' : 'green'),
    span(' '),
    span('█'.repeat(full), 'green'),
    span('░'.repeat(BAR - full), 'dim'),
  ];
}

/** The door, and the name of the user who opened it. */
function whose({ door, holders }: LeaseStatus): string {
  const names = holderNames(holders);
  return names === '' ? door : `${door} (${names})`;
}

function renderAttempt({ source, door, stage, stages }: PendingAttempt, { columns }: ScreenSize): Line {
  const dots = stages <= 16 ? `${'●'.repeat(stage)}${'○'.repeat(stages - stage)}  ` : '';
  return [
    span(fitText(source, ADDRESS)),
    span(fitText(door, Math.max(6, Math.floor((columns - ADDRESS - 16) / 2))), 'bold'),
    span(' '),
    span(dots, 'yellow'),
    span(`${stage} of ${stages}`),
  ];
}

function renderFirewall({ status: { firewall } }: WatchPoll): string {
  switch (firewall.kind) {
    case 'in-place':
      return firewall.name;
    case 'missing':
      return `${firewall.name}: Bussa's rules are MISSING`;
    case 'unreachable':
      return 'NO FIREWALL';
    case 'unused':
      return 'commands only';
  }
}

function renderRate(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (value >= 10_000) return `${(value / 1000).toFixed(1)}k`;
  return value >= 10 || value === 0 ? value.toFixed(0) : value.toFixed(1);
}
