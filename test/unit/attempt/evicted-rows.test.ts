import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, door, TestEngine } from './knocks.ts';

const KNOCKER = '10.0.0.1';
const TARGET = '192.0.2.1';
const ROUNDS = 300;

// One packet begins attempts at doors of both groups, and evicts rows of its own on the way.
test('an attempt that takes the row of an evicted one is found in its own group', () => {
  const target = address(TARGET);
  let kept = 0;
  for (const targets of [
    [true, false, true],
    [false, true, false],
  ]) {
    const doors = targets.map((has, i) => door('abc'.charAt(i), '7000,8000', has ? { target } : {}));
    const engine = new TestEngine(doors, { attempts: 2, recentPackets: 4096 });
    for (let i = 0; i < ROUNDS; i++) {
      const at = i * 100_000;
      engine.expire(at);
      engine.offer({ port: 7000, at, from: '10.9.9.9', to: TARGET, local: false });
      const begun = engine.offer({ port: 7000, at: at + 1, from: KNOCKER, to: TARGET });
      const pending = pendingAfter(begun);
      const said = engine.offer({ port: 8000, at: at + 2, from: KNOCKER, to: TARGET });
      const opened = said.filter((line) => line.includes(' completed ')).map((line) => line.split(' ')[1]);
      assert.deepEqual(opened.sort(), pending, `round ${i}: ${begun.join(', ')}`);
      kept += pending.length;
    }
  }
  assert.ok(kept > ROUNDS, `${kept} attempts are too few to prove anything`);
});

/** The doors of the knocker that have an attempt after these steps, by name. */
function pendingAfter(lines: readonly string[]): string[] {
  const doors = new Set<string>();
  for (const line of lines) {
    const [source, name = '', what] = line.split(' ');
    if (source !== KNOCKER) continue;
    if (what === 'advanced') doors.add(name);
    else if (what === 'evicted') doors.delete(name);
  }
  return [...doors].sort();
}
