import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeaseBook } from '../../../src/core/lease/lease-book.ts';
import { instant } from '../../../src/core/net/time.ts';
import { completion, lease } from './leases.ts';

const NOW = instant(1000);

/** A book with one lease of 10.0.0.1 at ssh, due at 11,000. */
function opened(): LeaseBook {
  const book = new LeaseBook(10);
  assert.deepEqual(book.complete(completion('ssh', '10.0.0.1'), NOW), { kind: 'open' });
  book.add(lease('1', 'ssh', '10.0.0.1', 11_000));
  book.opened(lease('1', 'ssh', '10.0.0.1', 0).id);
  return book;
}

const ids = (leases: readonly { id: string }[]): string[] => leases.map(({ id }) => id);

describe('a lease', () => {
  test('closes at its time, once, and to the millisecond', () => {
    const book = opened();
    assert.equal(book.nextDue(), 11_000);
    assert.deepEqual(book.takeDue(instant(10_999)), []);
    assert.deepEqual(book.takeDue(instant(11_000)), [lease('1', 'ssh', '10.0.0.1', 11_000, 'closing')]);
    assert.deepEqual(book.takeDue(instant(99_000)), []);
    assert.equal(book.nextDue(), undefined);
    assert.equal(book.size, 1);
    assert.equal(book.closed(lease('1', '', '10.0.0.1', 0).id), undefined);
    assert.equal(book.size, 0);
  });

  test('is extended by a knock while it is open', () => {
    const book = opened();
    const extended = lease('1', 'ssh', '10.0.0.1', 15_000, 'open');
    assert.deepEqual(book.complete(completion('ssh', '10.0.0.1'), instant(5000)), {
      kind: 'extended',
      lease: extended,
    });
    assert.deepEqual(book.takeDue(instant(14_999)), []);
    assert.deepEqual(ids(book.takeDue(instant(15_000))), ['1']);
  });

  test('never becomes shorter by a knock', () => {
    const book = opened();
    const decision = book.complete(completion('ssh', '10.0.0.1', 10), instant(2000));
    assert.equal(decision.kind === 'extended' && decision.lease.due, 11_000);
    assert.equal(book.nextDue(), 11_000);
  });

  test('past its time but not taken yet is extended: it has not been closed', () => {
    const book = opened();
    assert.equal(book.complete(completion('ssh', '10.0.0.1'), instant(12_000)).kind, 'extended');
    assert.deepEqual(book.takeDue(instant(12_000)), []);
  });

  test('of another source or another door is another one', () => {
    const book = opened();
    assert.equal(book.complete(completion('ssh', '10.0.0.2'), NOW).kind, 'open');
    assert.equal(book.complete(completion('web', '10.0.0.1'), NOW).kind, 'open');
    assert.equal(book.complete(completion('ssh', '::10.0.0.1'), NOW).kind, 'open');
  });

  test('that is opening does not close before it has opened, however long that takes', () => {
    const book = new LeaseBook(10);
    book.add(lease('1', 'ssh', '10.0.0.1', 11_000));
    assert.equal(book.nextDue(), undefined);
    assert.deepEqual(book.takeDue(instant(50_000)), []);
    assert.equal(book.complete(completion('ssh', '10.0.0.1'), instant(50_000)).kind, 'extended');
    assert.equal(book.nextDue(), undefined);
    assert.deepEqual(
      book.opened(lease('1', '', '10.0.0.1', 0).id),
      lease('1', 'ssh', '10.0.0.1', 60_000, 'open'),
    );
    assert.deepEqual(ids(book.takeDue(instant(60_000))), ['1']);
  });

  test('that is closing takes the knock for afterwards, the last one alone', () => {
    const book = opened();
    book.takeDue(instant(11_000));
    const [first, second] = [completion('ssh', '10.0.0.1', 1), completion('ssh', '10.0.0.1', 2)];
    assert.deepEqual(book.complete(first, instant(11_001)), { kind: 'after-close' });
    assert.deepEqual(book.complete(second, instant(11_002)), { kind: 'after-close' });
    assert.equal(book.closed(lease('1', '', '10.0.0.1', 0).id), second);
    assert.equal(book.complete(second, instant(11_003)).kind, 'open');
  });

  test('that did not come about leaves nothing behind', () => {
    const book = new LeaseBook(1);
    const one = lease('1', 'ssh', '10.0.0.1', 11_000);
    book.add(one);
    book.remove(one.id);
    assert.equal(book.size, 0);
    assert.equal(book.opened(one.id), undefined);
    assert.equal(book.closed(one.id), undefined);
    assert.equal(book.nextDue(), undefined);
    assert.equal(book.complete(completion('ssh', '10.0.0.1'), NOW).kind, 'open');
  });
});

describe('many leases', () => {
  test('close in the order of their ends', () => {
    const book = new LeaseBook(10);
    for (const [id, due] of [
      ['a', 3000],
      ['b', 1000],
      ['c', 2000],
    ] as const) {
      book.add(lease(id, id, '10.0.0.1', due, 'open'));
    }
    assert.deepEqual(ids(book.takeDue(instant(2500))), ['b', 'c']);
    assert.equal(book.nextDue(), 3000);
  });

  test('beyond the limit are refused; one that is open is extended all the same', () => {
    const book = new LeaseBook(2);
    book.add(lease('a', 'a', '10.0.0.1', 5000, 'open'));
    book.add(lease('b', 'b', '10.0.0.1', 6000, 'open'));
    assert.deepEqual(book.complete(completion('c', '10.0.0.1'), NOW), { kind: 'full' });
    assert.equal(book.complete(completion('a', '10.0.0.1'), NOW).kind, 'extended');
    book.takeDue(instant(6000));
    assert.deepEqual(
      book.complete(completion('c', '10.0.0.1'), NOW),
      { kind: 'full' },
      'closing is not closed',
    );
    book.closed(lease('b', '', '10.0.0.1', 0).id);
    assert.deepEqual(book.complete(completion('c', '10.0.0.1'), NOW), { kind: 'open' });
  });

  test('of one source and door, as an earlier run may have left them, close each at its own time', () => {
    const book = new LeaseBook(10);
    const [one, two] = [lease('1', 'ssh', '10.0.0.1', 5000), lease('2', 'ssh', '10.0.0.1', 9000)];
    book.add(one);
    book.add(two);
    assert.equal(book.size, 2);
    assert.deepEqual(book.opened(one.id), { ...one, state: 'open' });
    assert.equal(book.opened(two.id)?.id, '2');
    assert.equal(book.complete(completion('ssh', '10.0.0.1'), instant(4000)).kind, 'extended');
    assert.deepEqual(ids(book.takeDue(instant(5000))), ['1']);
    book.closed(one.id);
    assert.equal(book.complete(completion('ssh', '10.0.0.1'), instant(6000)).kind, 'extended');
    assert.deepEqual(ids(book.takeDue(instant(16_000))), ['2']);
  });
});

describe('when the daemon stops', () => {
  test('all that are open are due at once, the nearest end first; those still opening when they have opened', () => {
    const book = new LeaseBook(10);
    book.add(lease('a', 'a', '10.0.0.1', 90_000, 'open'));
    book.add(lease('b', 'b', '10.0.0.1', 500, 'open'));
    book.add(lease('c', 'c', '10.0.0.1', 90_000));
    book.closeAll(NOW);
    assert.deepEqual(ids(book.takeDue(NOW)), ['b', 'a']);
    book.opened(lease('c', '', '10.0.0.1', 0).id);
    assert.deepEqual(ids(book.takeDue(NOW)), ['c']);
  });

  test('nothing opens after a close', () => {
    const book = opened();
    book.takeDue(instant(11_000));
    book.complete(completion('ssh', '10.0.0.1'), instant(11_001));
    book.closeAll(instant(11_002));
    assert.deepEqual(book.takeDue(instant(11_002)), [], 'it is being closed already');
    assert.equal(book.closed(lease('1', '', '10.0.0.1', 0).id), undefined);
  });
});
