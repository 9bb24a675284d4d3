import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addPoll,
  choicesOf,
  EMPTY_WATCH,
  pressKey,
  type WatchState,
} from '../../../src/app/watch/watch-state.ts';
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
  test('rates are those between two looks at the same daemon', () => {
    const first = addPoll(EMPTY_WATCH, aPoll({ at: 1000, packets: { passed: 100, dropped: 0 } }));
    assert.deepEqual(first.packets, [0]);
    const second = addPoll(first, aPoll({ at: 3000, packets: { passed: 300, dropped: 4 } }));
    assert.deepEqual(
      [second.packets, second.dropped],
      [
        [0, 100],
        [0, 2],
      ],
    );
    const restarted = addPoll(second, aPoll({ at: 4000, startedAt: 9, packets: { passed: 5, dropped: 0 } }));
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
