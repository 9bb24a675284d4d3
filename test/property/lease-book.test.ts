import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Completion } from '../../src/core/attempt/completion.ts';
import { DeadlineQueue } from '../../src/core/lease/deadline-queue.ts';
import type { Lease } from '../../src/core/lease/lease.ts';
import { LeaseBook, type LeaseDecision } from '../../src/core/lease/lease-book.ts';
import { instant } from '../../src/core/net/time.ts';
import { completion, lease } from '../unit/lease/leases.ts';
import { seeded } from './seed.ts';

const COMPLETIONS = ['ssh', 'web'].flatMap((name) =>
  ['10.0.0.1', '10.0.0.2', 'fd00::1'].flatMap((source) =>
    [100, 1000].map((time) => completion(name, source, time)),
  ),
);

/** `closeAgain`: it could not be closed, and when it is due once more. */
type Open = { lease: Lease; again?: Completion; closeAgain?: number };

const dueAt = ({ lease: { state, due }, closeAgain }: Open): number | undefined =>
  state === 'open' ? due : closeAgain;

const idOf = ({ lease: { id } }: Open): string => id;

/** The book as a list. */
class BookModel {
  open: Open[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  complete(one: Completion, now: number): LeaseDecision {
    const known = this.open.find(
      ({ lease: { door, source } }) => door === one.door.name && source === one.source,
    );
    if (known === undefined) return { kind: this.open.length < this.#limit ? 'open' : 'full' };
    if (known.lease.state === 'closing') {
      known.again = one;
      if (known.closeAgain !== undefined) known.closeAgain = now;
      return { kind: 'after-close' };
    }
    known.lease = {
      ...known.lease,
      due: instant(Math.max(known.lease.due, now + one.door.opening.cmdTimeout)),
    };
    return { kind: 'extended', lease: known.lease };
  }

  /** Those that are due, the nearest first. */
  takeDue(now: number): Lease[] {
    const due = this.open.filter((one) => (dueAt(one) ?? Number.POSITIVE_INFINITY) <= now);
    for (const one of due) {
      one.lease = { ...one.lease, state: 'closing' };
      delete one.closeAgain;
    }
    return due.map((one) => one.lease).sort((a, b) => a.due - b.due || (a.id < b.id ? -1 : 1));
  }

  nextDue(): number | undefined {
    const ends = this.open.map(dueAt).filter((due) => due !== undefined);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }
}

const pause = fc.oneof(fc.nat({ max: 60 }), fc.constantFrom(0, 99, 100, 101, 1000));
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('complete' as const), one: fc.constantFrom(...COMPLETIONS) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('opened' as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('closed' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), pick: fc.nat() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('takeDue' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('closeAll' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('closeAgain' as const),
      pick: fc.nat(),
      after: fc.nat({ max: 100 }),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

class Rehearsal {
  readonly #book: LeaseBook;
  readonly #model: BookModel;
  #ids = 0;

  constructor(limit: number) {
    this.#book = new LeaseBook(limit);
    this.#model = new BookModel(limit);
  }

  take(one: Action, now: number): void {
    if (one.kind === 'complete') this.#complete(one.one, now);
    else if (one.kind === 'takeDue') this.#takeDue(now);
    else if (one.kind === 'closeAll') this.#closeAll(now);
    else if (one.kind === 'closeAgain') this.#closeAgain(one.pick, now + one.after);
    else this.#end(one.kind, one.pick);
    assert.equal(this.#book.size, this.#model.open.length);
    assert.equal(this.#book.nextDue(), this.#model.nextDue());
    const sorted = (leases: readonly Lease[]) => [...leases].sort((a, b) => (a.id < b.id ? -1 : 1));
    assert.deepEqual(sorted(this.#book.leases()), sorted(this.#model.open.map((open) => open.lease)));
  }

  #complete(one: Completion, now: number): void {
    const decision = this.#book.complete(one, instant(now));
    assert.deepEqual(decision, this.#model.complete(one, now));
    if (decision.kind !== 'open') return;
    const id = `lease ${String(this.#ids++).padStart(4, '0')}`;
    const added = lease(id, one.door.name, one.source, now + one.door.opening.cmdTimeout);
    this.#book.add(added);
    this.#model.open.push({ lease: added });
  }

  #takeDue(now: number): void {
    const isAgain = new Set(this.#model.open.filter((one) => one.closeAgain !== undefined).map(idOf));
    const taken = this.#book.takeDue(instant(now));
    assert.deepEqual(
      [...taken].sort((a, b) => a.due - b.due || (a.id < b.id ? -1 : 1)),
      this.#model.takeDue(now),
    );
    const firsts = taken.filter(({ id }) => !isAgain.has(id)).map(({ due }) => due);
    assert.deepEqual(
      firsts,
      firsts.toSorted((a, b) => a - b),
    );
  }

  #closeAgain(pick: number, at: number): void {
    const some = this.#model.open.filter(({ lease: { state } }) => state === 'closing');
    const one = some[pick % some.length];
    if (one === undefined) return;
    one.closeAgain = at;
    this.#book.closeAgain(one.lease.id, instant(at));
  }

  #closeAll(now: number): void {
    this.#book.closeAll(instant(now));
    for (const open of this.#model.open) {
      delete open.again;
      if (open.lease.state !== 'closing')
        open.lease = { ...open.lease, due: instant(Math.min(open.lease.due, now)) };
      else if (open.closeAgain !== undefined) open.closeAgain = now;
    }
  }

  /** What ends for one lease: its start command, its stop command, or itself. */
  #end(kind: 'opened' | 'closed' | 'remove', pick: number): void {
    const wanted = { opened: 'opening', closed: 'closing', remove: 'opening' }[kind];
    const some = this.#model.open.filter((open) => open.lease.state === wanted);
    const one = some[pick % some.length];
    if (one === undefined) return;
    if (kind === 'opened') {
      one.lease = { ...one.lease, state: 'open' };
      assert.deepEqual(this.#book.opened(one.lease.id), one.lease);
      return;
    }
    this.#model.open = this.#model.open.filter((open) => open !== one);
    if (kind === 'closed') assert.equal(this.#book.closed(one.lease.id), one.again);
    else this.#book.remove(one.lease.id);
  }
}

describe('the book of leases', () => {
  test('does what a list does', (t) => {
    const actions = fc.array(fc.tuple(pause, action), { minLength: 1, maxLength: 100, size: 'max' });
    const property = fc.property(fc.constantFrom(1, 2, 4, 100), actions, (limit, list) => {
      const rehearsal = new Rehearsal(limit);
      let now = 0;
      for (const [after, one] of list) {
        now += after;
        rehearsal.take(one, now);
      }
    });
    fc.assert(property, seeded(t, { numRuns: 500 }));
  });
});

describe('the queue of deadlines', () => {
  test('always tells the nearest of a sorted list', (t) => {
    const change = fc.tuple(fc.nat({ max: 40 }), fc.option(fc.nat({ max: 100 }), { freq: 3 }));
    const changes = fc.array(change, { minLength: 1, maxLength: 400, size: 'max' });
    const property = fc.property(changes, (list) => {
      const queue = new DeadlineQueue<number>();
      const model = new Map<number, number>();
      for (const [key, due] of list) {
        if (due === null) queue.delete(key);
        else queue.put(key, due);
        if (due === null) model.delete(key);
        else model.set(key, due);
        const next = queue.next();
        assert.equal(next?.due, model.size === 0 ? undefined : Math.min(...model.values()));
        if (next !== undefined) assert.equal(model.get(next.key), next.due);
      }
    });
    fc.assert(property, seeded(t, { numRuns: 300 }));
  });

  test('gives all keys out in order, each once', (t) => {
    const puts = fc.array(
      fc.tuple(
        fc.nat({ max: 300 }),
        fc.double({ noNaN: true }).map((due) => due + 0),
      ),
      {
        maxLength: 600,
        size: 'max',
      },
    );
    const property = fc.property(puts, (list) => {
      const queue = new DeadlineQueue<number>();
      for (const [key, due] of list) queue.put(key, due);
      const given: number[] = [];
      for (let next = queue.next(); next !== undefined; next = queue.next()) {
        given.push(next.due);
        queue.delete(next.key);
      }
      assert.deepEqual(
        given,
        [...new Map(list).values()].sort((a, b) => a - b),
      );
    });
    fc.assert(property, seeded(t, { numRuns: 100 }));
  });
});
