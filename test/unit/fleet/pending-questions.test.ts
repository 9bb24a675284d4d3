/** The questions of a flood stay within their budgets, and a source's own within its share. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PendingQuestions } from '../../../src/core/fleet/spread/pending-questions.ts';
import { address, door } from '../attempt/knocks.ts';

const KEY = [3, 4] as const;
const SSH = door('ssh', '7000,8000');
const KNOCK = { door: SSH, source: address('192.0.2.1'), at: 5000, moment: 100, own: { hits: [] } };
const NONCE = '00'.repeat(16);

describe('questions to other gateways', () => {
  test('a source asks 4 in 10 s, an IPv6 source by its /64', () => {
    for (const sources of [['192.0.2.1'], ['2001:db8::1', '2001:db8::2:3']]) {
      const pending = new PendingQuestions(KEY);
      let asked = 0;
      for (let at = 0; at < 10_000; at += 10) {
        if (pending.admits(address(sources[(at / 10) % sources.length] ?? ''), at)) asked += 1;
      }
      assert.ok(asked >= 4 && asked <= 8, `${asked} of ${sources}`);
      assert.equal(pending.admits(address('192.0.2.200'), 10_000), true, 'others are not concerned');
    }
  });

  test('all sources together ask 1,000 in a second', () => {
    const pending = new PendingQuestions(KEY);
    let asked = 0;
    for (let n = 0; n < 100_000; n++) {
      if (pending.admits(address(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`), n / 100)) asked += 1;
    }
    assert.ok(asked >= 1000 && asked <= 2000, `${asked} in a second`);
  });

  test('an answer counts once, of a member that was asked; the last one ends the question', () => {
    const pending = new PendingQuestions(KEY);
    const id = pending.ask(KNOCK, NONCE, ['gw2', 'gw3'], 102);
    const observed = { hits: [{ step: 0, age: 30 }] };
    assert.equal(pending.nonceOf(id, 'gw2'), NONCE);
    assert.equal(pending.nonceOf(id, 'gw4'), undefined);
    assert.equal(pending.answer(id, 'gw4', observed, 103), undefined);
    assert.equal(pending.answer(id, 'gw2', observed, 106), undefined);
    assert.equal(pending.answer(id, 'gw2', observed, 106), undefined);
    assert.equal(pending.answer(id + 1, 'gw3', observed, 106), undefined);
    const ended = pending.answer(id, 'gw3', { hits: [] }, 110);
    assert.deepEqual(ended?.witnesses, [
      { member: 'gw2', observed, moment: 4, error: 2 },
      { member: 'gw3', observed: { hits: [] }, moment: 6, error: 4 },
    ]);
    assert.deepEqual(ended?.silent, []);
    assert.equal(pending.end(id), undefined);
    assert.equal(pending.size, 0);
  });

  test('members that do not answer are left out', () => {
    const pending = new PendingQuestions(KEY);
    const id = pending.ask(KNOCK, NONCE, ['gw2', 'gw3'], 102);
    pending.answer(id, 'gw3', { hits: [] }, 103);
    const ended = pending.end(id);
    assert.deepEqual(ended?.silent, ['gw2']);
    assert.equal(pending.answer(id, 'gw2', { hits: [] }, 300), undefined, 'too late');
  });
});
