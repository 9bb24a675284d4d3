import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addPoll,
  addPulse,
  choicesOf,
  EMPTY_WATCH,
  pressKey,
  type WatchState,
} from '../../../src/app/watch/watch-state.ts';
import type { Pulse } from '../../../src/core/control/feed-event.ts';
import { instant } from '../../../src/core/net/time.ts';
import { aLease, anAttempt, aPoll } from './watch-polls.ts';

const press = (state: WatchState, ...keys: readonly string[]) => {
  let last: ReturnType<typeof pressKey> = { state };
  for (const key of keys) last = pressKey(last.state, key);
  return last;
};

const POLL = aPoll({
  leases: [aLease('192.0.2.1'), aLease('192.0.2.2')],
  attempts: [anAttempt('192.0.2.3', 1)],
});
const STATE = addPoll(EMPTY_WATCH, POLL);

describe('the live view', () => {
  test('rates are those that the daemon remembers, and a second more with each pulse', () => {
    const pulse = (passed: number, dropped: number): Pulse => ({
      ...{ now: instant(0), packets: { passed, dropped } },
      ...{ attempts: 7, leases: 1 },
    });
    const first = addPoll(EMPTY_WATCH, aPoll({ rates: [5, 6] }));
    assert.deepEqual(
      [first.packets, first.dropped],
      [
        [5, 6],
        [0, 0],
      ],
    );
    const second = addPulse(addPulse(first, pulse(300, 0)), pulse(310, 4));
    assert.deepEqual(
      [second.packets, second.dropped],
      [
        [5, 6, 10],
        [0, 0, 4],
      ],
    );
    assert.deepEqual([second.poll?.status.attempts, second.poll?.status.leases.open], [7, 1]);
    const restarted = addPulse(second, pulse(1, 0));
    assert.equal(restarted.packets.at(-1), 0);
  });

  test('a choice stays where it is while there is such a line, else the first is chosen', () => {
    const chosen = press(STATE, 'down').state;
    assert.equal(chosen.chosen?.source, '192.0.2.2');
    const later = addPoll(chosen, aPoll({ leases: [aLease('192.0.2.9'), aLease('192.0.2.2')] }));
    assert.equal(later.chosen?.source, '192.0.2.2');
    assert.equal(addPoll(later, aPoll({ leases: [aLease('192.0.2.9')] })).chosen?.source, '192.0.2.9');
    assert.equal(addPoll(later, aPoll({})).chosen, undefined);
  });

  test('the arrows stop at the ends', () => {
    assert.equal(choicesOf(POLL).length, 3);
    assert.equal(press(STATE, 'up').state.chosen?.source, '192.0.2.1');
    assert.equal(press(STATE, 'down', 'j', 'down', 'down').state.chosen?.source, '192.0.2.3');
  });

  test('keys close, extend and explain what is chosen', () => {
    assert.deepEqual(press(STATE, 'c').action, { kind: 'close', door: 'ssh', source: '192.0.2.1' });
    assert.deepEqual(press(STATE, 'down', 'e').action, { kind: 'extend', door: 'ssh', source: '192.0.2.2' });
    assert.deepEqual(press(STATE, 'x').action, { kind: 'explain', source: '192.0.2.1' });
    const attempt = press(STATE, 'down', 'down', 'c');
    assert.equal(attempt.action, undefined);
    assert.match(attempt.state.message ?? '', /nothing is open there/);
  });

  test('a ban is asked about', () => {
    const asked = press(STATE, 'b');
    assert.equal(asked.action, undefined);
    assert.match(asked.state.message ?? '', /ban 192\.0\.2\.1\?/);
    assert.equal(press(asked.state, 'n').action, undefined);
    assert.equal(press(asked.state, 'n', 'y').action, undefined);
    assert.deepEqual(press(asked.state, 'y').action, { kind: 'ban', source: '192.0.2.1' });
    const own = press({ ...STATE, own: aLease('192.0.2.1').source }, 'b', 'y');
    assert.equal(own.action, undefined);
    assert.match(
      press({ ...STATE, own: aLease('192.0.2.1').source }, 'b').state.message ?? '',
      /is your own address/,
    );
  });

  test('q and Ctrl-C leave from everywhere; a page goes with any other key', () => {
    for (const state of [EMPTY_WATCH, STATE, { ...STATE, page: ['a'] }, press(STATE, 'b').state]) {
      assert.deepEqual(press(state, 'q').action, { kind: 'quit' });
      assert.deepEqual(press(state, 'ctrl-c').action, { kind: 'quit' });
    }
    const page = press({ ...STATE, page: ['a'] }, 'c');
    assert.deepEqual([page.state.page, page.action], [undefined, undefined]);
  });
});
