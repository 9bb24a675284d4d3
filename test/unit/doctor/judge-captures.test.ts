/** Packets that the daemon did not get to see, or did not judge, are told by doctor, each ring by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CaptureStatus, judgeCaptures } from '../../../src/app/doctor/judge-captures.ts';
import { seeded } from '../../lab/seed.ts';

const packets = fc.record({ passed: fc.nat(100_000), dropped: fc.oneof(fc.constant(0), fc.nat(2000)) });
const proofs = fc.record({
  packets,
  garbage: fc.record({ budget: fc.oneof(fc.constant(0), fc.nat(2000)) }),
});
const status: fc.Arbitrary<CaptureStatus> = fc.record(
  { packets, signed: proofs, spa: proofs },
  { requiredKeys: ['packets'] },
);

test('each ring that lost more than a hundredth, or left as much unjudged, is named with its numbers', (t) => {
  const property = fc.property(status, (one) => {
    const findings = judgeCaptures(one);
    const rings = [
      [/ knock ports /, one.packets, 0],
      [/ server’s mark /, one.signed?.packets, one.signed?.garbage.budget],
      [/ look like SPA /, one.spa?.packets, one.spa?.garbage.budget],
    ] as const;
    let named = 0;
    for (const [name, counted, unjudged = 0] of rings) {
      const said = findings.find(({ verdict, message }) => verdict === 'warning' && name.test(message));
      const isShort = counted !== undefined && counted.dropped + unjudged > counted.passed / 100;
      assert.equal(said !== undefined, isShort);
      if (said === undefined) continue;
      named++;
      assert.ok(said.hint !== undefined);
      assert.equal(said.message.includes(`${counted?.dropped} were lost`), counted?.dropped !== 0);
      assert.equal(said.message.includes(`${unjudged} were not judged`), unjudged !== 0);
    }
    assert.equal(findings.length, Math.max(1, named));
    if (named === 0) assert.equal(findings[0]?.verdict, 'ok');
  });
  fc.assert(property, seeded(t, { numRuns: 500 }));
});

test('where no daemon answers, nothing is said', () => {
  assert.deepEqual(judgeCaptures(undefined), []);
});
