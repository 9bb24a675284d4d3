import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type FleetRecord, MAX_RECORD_BYTES, SIGNATURE_BYTES } from '../../src/core/fleet/fleet-record.ts';
import { judgeRecord, type RecordJudge } from '../../src/core/fleet/judge-record.ts';
import { parseRecord } from '../../src/core/fleet/parse-record.ts';
import { renderRecord } from '../../src/core/fleet/render-record.ts';
import { SeenRecords } from '../../src/core/fleet/seen-records.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import {
  ALL_KINDS,
  anyBody,
  anyRecord,
  makeMember,
  type SigningMember,
  signRecord,
} from '../lab/fleet-records.ts';
import { seeded } from '../lab/seed.ts';

const SKEW = millis(60_000);
const WINDOW = millis(3_600_000);
const NOW = instant(1_800_000_000_000);
const EPOCH = 'e'.repeat(16);

const GW1 = makeMember('gw1');
const GW2 = makeMember('gw2');
const STRANGER = makeMember('gw2');

const judge = (seen = new SeenRecords()): RecordJudge => ({
  fleet: 'main',
  self: GW1.member,
  members: new Map([['gw2', GW2.member]]),
  seen,
  epoch: EPOCH,
  skew: SKEW,
  window: WINDOW,
  verify: (key, message, signature) => nodeCiphers.verify(key, message, signature),
});

const told = (number: number, changes: Partial<FleetRecord> = {}): FleetRecord => ({
  ...{ fleet: 'main', member: 'gw2', epoch: 'a'.repeat(16), number, at: NOW },
  body: { kind: 'hello', leases: [] },
  ...changes,
});

const signed = (record: FleetRecord, by: SigningMember = GW2) => signRecord(record, by);
const at = (bytes: Uint8Array, age = 0) => ({ bytes, age: millis(age) });

describe('a record of a fleet', () => {
  test('arrives as it was made, in at most 1,024 bytes', (t) => {
    const seenKinds = new Set<string>();
    fc.assert(
      fc.property(anyRecord, (record) => {
        const bytes = Buffer.concat([renderRecord(record), new Uint8Array(SIGNATURE_BYTES)]);
        if (bytes.length > MAX_RECORD_BYTES) return;
        assert.deepEqual(parseRecord(bytes)?.record, structuredClone(record));
        seenKinds.add(record.body.kind);
      }),
      seeded(t, { numRuns: 1000 }),
    );
    assert.deepEqual(seenKinds, ALL_KINDS);
  });

  test('has one form: whatever is read is written back as the same bytes', (t) => {
    const mutated = fc
      .tuple(anyRecord, fc.nat(), fc.nat(255), fc.constantFrom('set', 'cut', 'add'))
      .map(([record, place, byte, how]) => {
        const bytes = Uint8Array.from([...renderRecord(record), ...new Uint8Array(SIGNATURE_BYTES)]);
        const index = place % bytes.length;
        if (how === 'set') bytes[index] = byte;
        if (how === 'cut') return bytes.subarray(0, index);
        return how === 'add' ? Uint8Array.from([...bytes, byte]) : bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 1100 })), (bytes) => {
        const read = parseRecord(bytes);
        if (read === undefined) return;
        assert.deepEqual([...renderRecord(read.record)], [...bytes.subarray(0, -SIGNATURE_BYTES)]);
      }),
      seeded(t, { numRuns: 2000 }),
    );
  });

  test('counts as its member signed it, and with no bit of it changed', (t) => {
    fc.assert(
      fc.property(anyBody, fc.nat(), fc.nat(7), (body, place, bit) => {
        const bytes = signed(told(1, { body }));
        if (bytes.length > MAX_RECORD_BYTES) return;
        const good = judgeRecord(judge(), at(bytes), NOW);
        assert.equal(good.kind, 'good');
        const wrong = Uint8Array.from(bytes);
        const index = place % wrong.length;
        wrong[index] = (wrong[index] as number) ^ (1 << bit);
        assert.notEqual(judgeRecord(judge(), at(wrong), NOW).kind, 'good');
      }),
      seeded(t, { numRuns: 200 }),
    );
  });

  const refusals = [
    ['of another key in a member’s name', at(signed(told(1), STRANGER)), 'signature'],
    ['of somebody who is no member', at(signed(told(1, { member: 'gw9' }))), 'member'],
    ['of another fleet', at(signed(told(1, { fleet: 'other' }))), 'fleet'],
    ['in this host’s name', at(signed(told(1, { member: 'gw1' }))), 'signature'],
    ['held back for an hour', at(signed(told(1, { at: instant(NOW - 3_600_000) }))), 'clock'],
    ['of a clock hours ahead', at(signed(told(1, { at: instant(NOW + 7_200_000) }))), 'clock'],
    ['junk', at(randomBytes(200)), 'junk'],
    ['nothing', at(new Uint8Array(0)), 'junk'],
  ] as const;
  for (const [what, carried, why] of refusals) {
    test(`${what} is refused: ${why}`, () => {
      const judged = judgeRecord(judge(), carried, NOW);
      assert.equal(judged.kind === 'refused' ? judged.why : judged.kind, why);
    });
  }

  test('of this very daemon is known as such; of its last run it counts', () => {
    const own = signed(told(1, { member: 'gw1', epoch: EPOCH }), GW1);
    assert.equal(judgeRecord(judge(), at(own), NOW).kind, 'own');
    const earlier = signed(told(1, { member: 'gw1' }), GW1);
    assert.equal(judgeRecord(judge(), at(earlier), NOW).kind, 'good');
  });

  test('is as old as the later of both clocks says', (t) => {
    const age = fc.integer({ min: 0, max: WINDOW });
    const apart = fc.integer({ min: -SKEW, max: SKEW });
    fc.assert(
      fc.property(age, apart, (byEngine, difference) => {
        const made = instant(NOW - byEngine - difference);
        const judged = judgeRecord(judge(), at(signed(told(1, { at: made })), byEngine), NOW);
        assert.ok(judged.kind === 'good', judged.kind);
        assert.equal(judged.age, Math.max(0, byEngine, byEngine + difference));
      }),
      seeded(t, { numRuns: 60 }),
    );
  });

  test('that is older than the longest lease opens nothing, whatever the engine says of its age', (t) => {
    const old = signed(told(1, { at: instant(NOW - WINDOW - 2 * SKEW - 1) }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: WINDOW * 3 }), (age) => {
        assert.notEqual(judgeRecord(judge(), at(old, age), NOW).kind, 'good');
      }),
      seeded(t, { numRuns: 30 }),
    );
    assert.equal(judgeRecord(judge(), at(old, WINDOW + SKEW + 1), NOW).kind, 'over');
  });

  test('counts once, in the order of its numbers, whatever order the engine has', (t) => {
    const orders = fc
      .array(fc.record({ number: fc.integer({ min: 1, max: 12 }), epoch: fc.constantFrom('a', 'b') }), {
        maxLength: 24,
      })
      .map((all) => all.map(({ number, epoch }) => ({ number, epoch: epoch.repeat(16) })));
    fc.assert(
      fc.property(orders, fc.nat(24), (order, restart) => {
        let seen = new SeenRecords();
        const highest = new Map<string, number>();
        for (const [index, { number, epoch }] of order.entries()) {
          // A restart in between knows what is on the disk.
          if (index === restart) seen = new SeenRecords([...seen.each()]);
          const judged = judgeRecord(judge(seen), at(signed(told(number, { epoch }))), NOW);
          const isNew = number > (highest.get(epoch) ?? 0);
          assert.equal(judged.kind, isNew ? 'good' : 'refused', `${epoch}-${number}`);
          if (judged.kind !== 'good') continue;
          highest.set(epoch, number);
          seen.add({ member: 'gw2', epoch, number, at: NOW });
        }
      }),
      seeded(t, { numRuns: 60 }),
    );
  });

  test('of a start that is forgotten opens nothing any more', () => {
    const seen = new SeenRecords();
    const record = signed(told(5));
    seen.add({ member: 'gw2', epoch: 'a'.repeat(16), number: 5, at: NOW });
    const later = instant(NOW + WINDOW + 2 * SKEW + 1);
    assert.equal(judgeRecord(judge(seen), at(record, WINDOW), instant(NOW + WINDOW)).kind, 'refused');
    assert.equal(seen.forget(later, millis(WINDOW + 2 * SKEW)).length, 1);
    for (const age of [0, WINDOW, WINDOW + SKEW, WINDOW + 2 * SKEW])
      assert.notEqual(judgeRecord(judge(seen), at(record, age), later).kind, 'good');
  });
});
