import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type FleetLeaseId,
  MAX_CHANGES,
  MAX_RECORD_BYTES,
  SIGNATURE_BYTES,
} from '../../src/core/fleet/fleet-record.ts';
import { Outbox, type OutboxBatch, type PendingChange } from '../../src/core/fleet/outbox.ts';
import { renderRecord } from '../../src/core/fleet/render-record.ts';
import { parseAddress } from '../../src/core/net/address.ts';
import { instant } from '../../src/core/net/time.ts';
import { anyAddress } from '../lab/fleet-records.ts';
import { seeded } from '../lab/seed.ts';

const leaseOf = (n: number): FleetLeaseId => n.toString(16).padStart(16, '0') as FleetLeaseId;

const renderedLength = ({ body }: OutboxBatch): number =>
  renderRecord({
    ...{ fleet: 'main', member: 'gw1', epoch: 'a'.repeat(16), number: 1, at: instant(1) },
    body,
  }).length + SIGNATURE_BYTES;

type Step =
  | { readonly do: 'put'; readonly kind: 'open' | 'extend' | 'hello' | 'close'; readonly lease: number }
  | { readonly do: 'send' | 'confirm' | 'lose' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    kind: fc.constantFrom('open', 'extend', 'hello', 'close'),
    lease: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({ do: fc.constantFrom('send', 'confirm', 'lose') }),
);

describe('changes that wait to be sent to the fleet', () => {
  test('fits into records of 1,024 bytes, and all of it goes out', (t) => {
    const lease = fc.record({
      source: anyAddress,
      door: fc.constantFrom('ssh', 'web', 'ü'.repeat(32), 'x'.repeat(64)),
      kind: fc.constantFrom('open', 'close', 'hello'),
    });
    fc.assert(
      fc.property(fc.array(lease, { maxLength: 300 }), (leases) => {
        const outbox = new Outbox('main', 'gw1');
        for (const [n, one] of leases.entries())
          outbox.put({ ...one, lease: leaseOf(n + 1), due: instant(1000) } as PendingChange);
        assert.equal(outbox.size, leases.length);
        let told = 0;
        for (let parcel = outbox.next(instant(0)); parcel !== undefined; parcel = outbox.next(instant(0))) {
          assert.ok(renderedLength(parcel) <= MAX_RECORD_BYTES, `${renderedLength(parcel)} bytes`);
          const { body } = parcel;
          const changes = 'leases' in body ? body.leases : 'ends' in body ? body.ends : [];
          assert.ok(changes.length > 0 && changes.length <= MAX_CHANGES);
          told += changes.length;
          outbox.confirm(parcel.seq);
        }
        assert.equal(told, leases.length);
        assert.equal(outbox.size, 0);
      }),
      seeded(t, { numRuns: 60 }),
    );
  });

  test('ends with the newest state of each lease, whatever records are lost and sent again', (t) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const outbox = new Outbox('main', 'gw1');
        const wanted = new Map<number, string>();
        const known = new Map<string, string>();
        const flying: OutboxBatch[] = [];
        const take = (parcel: OutboxBatch | undefined): void => {
          if (parcel === undefined) return;
          flying.push(parcel);
          // What is on its way may arrive, confirmed or not.
          const { body } = parcel;
          if ('leases' in body) for (const { lease } of body.leases) known.set(lease, 'open');
          if ('ends' in body) for (const { lease = '' } of body.ends) known.set(lease, 'close');
        };
        for (const one of steps) {
          if (one.do === 'put') {
            // An ended lease never opens again: a new one has a new id.
            if (wanted.get(one.lease) === 'close') continue;
            wanted.set(one.lease, one.kind === 'close' ? 'close' : 'open');
            outbox.put({
              ...{ kind: one.kind, door: 'ssh', source: source(), lease: leaseOf(one.lease) },
              due: instant(1000),
            });
          } else if (one.do === 'send') take(outbox.next(instant(0)));
          else if (one.do === 'confirm') outbox.confirm(flying.shift()?.seq ?? 0);
          else {
            flying.length = 0;
            outbox.requeue();
          }
        }
        outbox.requeue();
        for (let parcel = outbox.next(instant(0)); parcel !== undefined; parcel = outbox.next(instant(0))) {
          take(parcel);
          outbox.confirm(parcel.seq);
        }
        for (const [lease, state] of wanted) assert.equal(known.get(leaseOf(lease)), state, String(lease));
        assert.equal(outbox.size, 0);
      }),
      seeded(t, { numRuns: 3000 }),
    );
  });

  test('if an opening and its end are both in flight, only the end is sent again', () => {
    const outbox = new Outbox('main', 'gw1');
    const lease = { door: 'ssh', source: source(), lease: leaseOf(1), due: instant(1000) };
    for (const kind of ['open', 'extend', 'close'] as const) {
      outbox.put({ ...lease, kind });
      outbox.next(instant(0));
    }
    outbox.requeue();
    assert.equal(outbox.next(instant(0))?.body.kind, 'close');
    assert.equal(outbox.next(instant(0)), undefined);
  });

  test('is sent with the remaining time, and not at all when it is over', () => {
    const outbox = new Outbox('main', 'gw1');
    const open = { kind: 'open', door: 'ssh', source: source(), due: instant(10_000) } as const;
    outbox.put({ ...open, lease: leaseOf(1) });
    const first = outbox.next(instant(2_500));
    assert.equal(restIn(first), 7500);
    outbox.requeue();
    const again = outbox.next(instant(9_000));
    assert.equal(restIn(again), 1000);
    assert.equal(again?.body.kind, 'hello', 'what may have been told before is no new proof');
    outbox.requeue();
    assert.equal(outbox.next(instant(10_000)), undefined);
    assert.equal(outbox.size, 0);
  });

  test('a hello does not make an opening or an end less than it was', () => {
    for (const kind of ['open', 'extend', 'close'] as const) {
      const outbox = new Outbox('main', 'gw1');
      const lease = { door: 'ssh', source: source(), lease: leaseOf(1), due: instant(1000) };
      outbox.put({ ...lease, kind });
      outbox.put({ ...lease, kind: 'hello' });
      assert.equal(outbox.next(instant(0))?.body.kind, kind);
    }
  });
});

const restIn = (parcel: OutboxBatch | undefined): number | undefined =>
  parcel !== undefined && 'leases' in parcel.body ? parcel.body.leases[0]?.rest : undefined;

function source() {
  const address = parseAddress('192.0.2.7');
  assert.ok(address !== undefined);
  return address;
}
