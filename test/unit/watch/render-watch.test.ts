import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fitText, renderLine } from '../../../src/app/watch/line.ts';
import { renderRemaining } from '../../../src/app/watch/render-length.ts';
import { renderWatch } from '../../../src/app/watch/render-watch.ts';
import { renderSparkline } from '../../../src/app/watch/sparkline.ts';
import { renderChange, watchChange } from '../../../src/app/watch/watch-changes.ts';
import {
  addEvents,
  addPoll,
  EMPTY_WATCH,
  pressKey,
  type WatchState,
} from '../../../src/app/watch/watch-state.ts';
import type { FeedEvent } from '../../../src/core/control/feed-event.ts';
import type { FleetStatus } from '../../../src/core/control/fleet-status.ts';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';
import { instant, millis } from '../../../src/core/net/time.ts';
import { aDoor, aLease, anAttempt, aPoll } from './watch-polls.ts';

const plain = (_style: string, text: string): string => text;

const screenOf = (state: WatchState, columns = 80, rows = 24, now = 0): string[] =>
  renderWatch(state, now, '20:15:07', { columns, rows }).map((line) => renderLine(line, columns, plain));

describe('the screen of the live view', () => {
  test('80 columns, 24 lines: the doors, what is open and for how long, attempts by their stages', () => {
    const poll = aPoll({
      doors: [aDoor('ssh'), aDoor('web', { shut: 'its one-time sequences are used up' })],
      leases: [aLease('192.0.2.1'), aLease('2001:db8::7', { held: true })],
      attempts: [anAttempt('198.51.100.4', 2)],
    });
    const screen = screenOf(addPoll(EMPTY_WATCH, poll), 80, 24, 10_000);
    assert.equal(screen.length, 24);
    assert.match(screen[0] ?? '', /^bussa watch {2}up 1h 5m {2}all interfaces {2}nftables +20:15:07$/);
    const text = screen.join('\n');
    assert.match(text, /^DOORS 2$/m);
    assert.match(text, /^ {2}ssh +tcp\/22 +1 open, 2 opened, 1 refused$/m);
    assert.match(text, /^ {2}web .* shut: its one-time sequences/m);
    assert.match(text, /^> 192\.0\.2\.1 +ssh +tcp\/22 +20s left ████░░░░░░$/m);
    assert.match(text, /^ {2}2001:db8::7 +ssh +tcp\/22 +held /m);
    assert.match(text, /^ {2}198\.51\.100\.4 +ssh +●●○○ {2}2 of 4$/m);
    assert.match(screen.at(-1) ?? '', /q quit/);
  });

  test('a fleet has a line: when each member was heard, or why there is no connection', () => {
    const heard = instant(1_800_000_000_000);
    const member = { name: 'gw2', heard, doors: ['ssh'], bans: false, leases: 3 };
    const silent = { name: 'gw3', doors: [], bans: false, leases: 0 };
    const fleet: FleetStatus = {
      ...{ fleet: 'edge', member: 'gw1', engine: 'valkeys://gw1@192.0.2.1:6379', carrier: true },
      ...{ connected: true, since: heard, window: millis(600_000), members: [member, silent] },
      counts: { published: 7, applied: 5, refused: 1, waiting: 9, claimed: 2, taken: 1, unclaimed: 0 },
    };
    const doors = Array.from({ length: 30 }, (_, n) => aDoor(`door${n}`));
    const screen = screenOf(addPoll(EMPTY_WATCH, aPoll({ doors, fleet })), 80, 24);
    assert.equal(screen.length, 24);
    assert.match(screen[4] ?? '', /^fleet +edge as gw1 {2}connected {2}gw2 \d\d:\d\d:\d\d {2}gw3 not heard$/);
    assert.match(screen.at(-1) ?? '', /q quit/);
    const away = screenOf(
      addPoll(EMPTY_WATCH, aPoll({ fleet: { ...fleet, connected: false, why: 'a\u001b[2J full disk' } })),
    );
    assert.match(away[4] ?? '', /^fleet +edge as gw1 {2}NOT CONNECTED, 9 wait: a.*full disk$/);
    assert.ok(!away.join().includes('\u001b'));
    const alone = screenOf(
      addPoll(EMPTY_WATCH, aPoll({ fleet: { ...fleet, connected: false, carrier: false } })),
    );
    assert.match(alone[4] ?? '', /`bussa fleet` is not connected$/);
  });

  test('whatever there is to show, it is as many lines as the screen has, none too wide, none that moves the cursor', () => {
    const rows = fc.array(fc.record({ name: fc.string({ unit: 'binary' }), stage: fc.nat(40) }), {
      maxLength: 60,
    });
    const seed = Date.now() | 0;
    fc.assert(
      fc.property(
        rows,
        rows,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 80 }),
        (some, others, columns, height) => {
          const poll = aPoll({
            doors: some.map(({ name }) => aDoor(name, { ports: name })),
            leases: others.map(({ name }, n) => aLease(`192.0.2.${n}`, { door: name })),
            attempts: some.map(({ name, stage }, n) =>
              anAttempt(`2001:db8::${n}`, stage, { door: name, stages: stage + 1 }),
            ),
          });
          const screen = screenOf(
            { ...addPoll(EMPTY_WATCH, poll), message: others[0]?.name },
            columns,
            height,
          );
          assert.equal(screen.length, height);
          for (const line of screen) {
            assert.ok([...line].length <= columns, line);
            assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}]/u);
          }
        },
      ),
      { seed },
    );
  });

  test('a long list scrolls to what is chosen', () => {
    const leases = Array.from({ length: 50 }, (_, n) => aLease(`192.0.2.${n + 1}`));
    const state = addPoll(EMPTY_WATCH, aPoll({ leases }));
    const last = leases.at(-1);
    const screen = screenOf({
      ...state,
      chosen: { kind: 'lease', door: 'ssh', source: last?.source ?? ('' as never) },
    });
    assert.match(screen.join('\n'), /^> 192\.0\.2\.50 /m);
    assert.match(screen.join('\n'), /^OPEN 50, \d+ more$/m);
  });

  test('a page stands in the place of the lists', () => {
    const state = { ...addPoll(EMPTY_WATCH, aPoll({ doors: [aDoor('ssh')] })), page: ['the reason'] };
    assert.match(screenOf(state).join('\n'), /^the reason *$/m);
    assert.doesNotMatch(screenOf(state).join('\n'), /DOORS/);
  });

  test('time that is left', () => {
    const times = [0, 999, 61_000, 3_599_000, 3_600_000, 90_061_000].map(renderRemaining);
    assert.deepEqual(times, ['0s', '1s', '1m 01s', '59m 59s', '1h 00m', '25h 01m']);
    for (const time of times) assert.doesNotMatch(time, /:/, 'nobody takes it for a time of day');
  });

  test('the latest events fill what the lists leave, warnings in colour, the newest last', () => {
    const state = addEvents(
      addPoll(EMPTY_WATCH, aPoll({ doors: [aDoor('ssh')], leases: [aLease('192.0.2.1')] })),
      Array.from({ length: 300 }, (_, n) => ({
        day: '20:15:07',
        text: `event ${n}`,
        level: 'warning' as const,
      })),
    );
    const screen = screenOf(state);
    assert.equal(screen.at(-3), fitText('  20:15:07  event 299', 80));
    assert.match(screen.join('\n'), /^EVENTS$[\s\S]*event 298/m);
    const painted = renderWatch(state, 0, '20:15:07', { columns: 80, rows: 24 }).at(-3);
    assert.deepEqual(
      painted?.map(({ style }) => style),
      ['dim', 'yellow'],
    );
    assert.doesNotMatch(screenOf(state, 80, 13).join('\n'), /EVENTS/, 'a small screen keeps the lists');
  });

  test('? explains each key, and the words of the screen', () => {
    const { state } = pressKey(addPoll(EMPTY_WATCH, aPoll({})), '?');
    const help = screenOf(state).join('\n');
    for (const key of ['x', 'c', 'e', 'b', 'q']) assert.match(help, new RegExp(`^${key} +\\w`, 'm'));
    assert.match(help, /EVENTS/);
  });

  test('a sparkline: nothing is the lowest, the most the highest, a little is more than nothing', () => {
    assert.equal(renderSparkline([0, 1, 1000], 5), '  ▁▂█');
    assert.equal(renderSparkline([0, 0], 2), '▁▁');
    assert.equal(renderSparkline([1, 2, 3], 2).length, 2);
  });
});

describe('the live view as lines', () => {
  test('what the events of the daemon change', () => {
    const at = instant(1000);
    const event = (kind: string, more: Partial<FeedEvent>): FeedEvent => ({
      ...{ cursor: '', at, event: kind, level: 'notice', text: '', door: 'ssh' },
      ...{ source: parseAddress('192.0.2.2') as Address, ...more },
    });
    const told = [
      event('lease-opened', { until: instant(31_000) }),
      event('running', {}),
      event('lease-closed', {}),
      event('stage', { stage: 2, stages: 4 }),
      event('start-failed', { reason: 'failed with status 2' }),
      event('refused', { reason: 'max_leases' }),
      event('packets-dropped', { count: 3 }),
    ];
    assert.deepEqual(
      told.map(watchChange).flatMap((change) => (change === undefined ? [] : [renderChange(change)])),
      [
        '192.0.2.2: ssh: open for 30 s',
        '192.0.2.2: ssh: closed',
        '192.0.2.2: ssh: knock 2 of 4',
        '192.0.2.2: ssh: the start command failed with status 2',
        '192.0.2.2: ssh: refused: max_leases',
        '3 packets lost: arrived faster than they could be processed',
      ],
    );
  });
});
