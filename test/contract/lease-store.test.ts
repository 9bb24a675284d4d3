import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LeaseEnd, LeaseId } from '../../src/core/lease/lease.ts';
import type { LeaseEnding, PastLease } from '../../src/core/lease/past-lease.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import {
  type LeaseStore,
  MAX_HISTORY,
  type PastFilter,
  type StoredLease,
  StoreError,
} from '../../src/host/store/lease-store.ts';
import { MemoryLeaseStore } from '../../src/host/store/memory-lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { Scratch } from '../lab/child-module.ts';
import { lease, parsePorts } from './stored-lease.ts';

const HARD_TEXT = `echo 'a "b"' \\ "$(x)" %s ü 🔑\nnext line\t; -- ' OR 1=1`;

const byId = (a: StoredLease, b: StoredLease): number => (a.id < b.id ? -1 : 1);

const ADAPTERS: Readonly<Record<string, (scratch: Scratch) => LeaseStore>> = {
  memory: () => new MemoryLeaseStore(),
  sqlite: (scratch) => openSqliteLeaseStore(scratch.file('leases.db')),
};

for (const [name, open] of Object.entries(ADAPTERS)) {
  describe(`a lease store: ${name}`, () => {
    test('what is recorded comes back as it was', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      assert.deepEqual(store.all(), []);
      const leases = [
        lease('a'),
        lease('b', { source: parseAddress('2001:db8::1') as Address, stop: HARD_TEXT, door: 'Tür 2' }),
        lease('c', { due: instant(0), dueWall: instant(-1), length: millis(0) }),
        lease('d', { due: instant(2 ** 52), length: millis(0.001), stop: 'x'.repeat(100_000) }),
      ];
      for (const one of leases) store.record(one);
      assert.deepEqual(store.all().sort(byId), leases);
      store.close();
    });

    test('a change reaches the one lease, and a removal too', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      for (const id of ['a', 'b', 'c']) store.record(lease(id));
      const later = lease('b', { due: instant(9), dueWall: instant(10), length: millis(11), bootId: 'new' });
      store.update(later);
      store.remove('a' as LeaseId);
      assert.deepEqual(store.all().sort(byId), [later, lease('c')]);
      store.close();
    });

    test('a lease that is not there is neither changed into being nor missed', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      store.update(lease('ghost'));
      store.remove('ghost' as LeaseId);
      assert.deepEqual(store.all(), []);
      store.close();
    });

    test('what has ended is history, the latest first, and is open no more', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      const [ssh] = parsePorts('tcp/22');
      const ports = {
        ports: [ssh, ...parsePorts('udp/51820')],
        singleUse: true,
        hold: true,
        closeKills: false,
      };
      const native = lease('native', { stop: '', opened: ports as never });
      for (const one of [lease('a'), native, lease('open')]) store.record(one);
      const end = (how: LeaseEnd, at: number): LeaseEnding => ({ how, at: instant(at), lasted: millis(7.5) });
      store.end('a' as LeaseId, end('expired', 100));
      store.end('native' as LeaseId, end('left', 200));
      store.end('native' as LeaseId, end('stopped', 300));
      store.end('ghost' as LeaseId, end('expired', 400));
      assert.deepEqual(store.all(), [lease('open')]);
      const { door, source, sinceWall } = native;
      const rest = { door, source, sinceWall };
      assert.deepEqual(store.history(10), [
        { id: 'native', ...rest, ports: 'tcp/22, udp/51820', ...end('left', 200) },
        { id: 'a', ...rest, ports: '', ...end('expired', 100) },
      ]);
      assert.equal(store.history(1).length, 1);
      store.close();
    });

    test('history by choice, piece by piece: each once, the latest first; whose word it was is kept', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      const count = 1500;
      store.together(() => {
        for (let n = 0; n < count; n++) {
          const by = n % 3 === 0 ? { byOperator: true as const } : {};
          store.record(lease(`${n}`, { door: n % 2 === 0 ? 'even' : 'odd', sinceWall: instant(n), ...by }));
          store.end(`${n}` as LeaseId, { how: 'expired', at: instant(n + 10), lasted: millis(10) });
        }
      });
      const numbers = (choice: PastFilter): number[] => {
        const found: PastLease[] = [];
        let from: number | undefined;
        do {
          const piece = store.past(choice, from);
          found.push(...piece.leases);
          from = piece.next;
        } while (from !== undefined);
        for (const { id, byOperator } of found) assert.equal(byOperator === true, Number(id) % 3 === 0, id);
        return found.map(({ id }) => Number(id));
      };
      const all = Array.from({ length: count }, (_, n) => count - 1 - n);
      assert.deepEqual(numbers({}), all);
      assert.deepEqual(
        numbers({ door: 'odd' }),
        all.filter((n) => n % 2 === 1),
      );
      assert.deepEqual(
        numbers({ since: instant(700), until: instant(702) }),
        all.filter((n) => n + 10 >= 700 && n <= 702),
      );
      assert.deepEqual(numbers({ source: parseAddress('203.0.113.10') as Address }), []);
      store.close();
    });

    test('changes that belong together happen together, or not at all', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      store.record(lease('a'));
      store.together(() => {
        store.record(lease('b'));
        store.end('a' as LeaseId, { how: 'expired', at: instant(1), lasted: millis(1) });
      });
      assert.deepEqual([store.all(), store.history(9).length], [[lease('b')], 1]);
      const twice = (): void =>
        store.together(() => {
          store.end('b' as LeaseId, { how: 'expired', at: instant(1), lasted: millis(1) });
          store.record(lease('c'));
          store.record(lease('c'));
        });
      assert.throws(twice, StoreError);
      assert.deepEqual([store.all(), store.history(9).length], [[lease('b')], 1]);
      store.record(lease('d'));
      assert.equal(store.all().length, 2, 'and it goes on');
      store.close();
    });

    test('the oldest history is forgotten', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      store.together(() => {
        for (let n = 0; n < MAX_HISTORY + 3; n++) {
          store.record(lease(`${n}`));
          store.end(`${n}` as LeaseId, { how: 'expired', at: instant(n), lasted: millis(1) });
        }
      });
      const all = store.history(MAX_HISTORY * 2);
      assert.deepEqual([all.length, all.at(0)?.at, all.at(-1)?.at], [MAX_HISTORY, MAX_HISTORY + 2, 3]);
      store.close();
    });

    test('the same lease twice is an error, and the first one stays', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      store.record(lease('a'));
      assert.throws(() => store.record(lease('a', { stop: 'other' })), StoreError);
      assert.deepEqual(store.all(), [lease('a')]);
      store.close();
    });
  });
}
