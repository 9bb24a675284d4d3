// Who is removed or turned off loses what only his proofs hold, in whatever state it is; nobody else loses anything.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeeperFixture, proofOf } from './keeper-fixture.ts';

const SIMPLE = { start: 'echo open %USER% >> done', stop: 'echo close %USER% >> done' };

describe('the leases of a user who may not hold them any more', { concurrency: 4 }, () => {
  test('open: closes at once, and the log, the hooks and the history name the user', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    keeper.complete(bench.byKey('alice', bench.door(SIMPLE)));
    await bench.until(() => bench.done === 'open alice\n', 'opening');
    assert.deepEqual(bench.store.all()[0]?.holders, [proofOf('alice')]);
    bench.revoked.add('alice');
    keeper.closeRevoked();
    await bench.empty();
    assert.equal(bench.done, 'open alice\nclose alice\n');
    const [past] = bench.store.history(1);
    assert.deepEqual([past?.how, past?.holders], ['revoked', [proofOf('alice')]]);
    assert.deepEqual(
      bench.told.map((one) => ('user' in one ? [one.event, one.user, one.proof] : [])),
      [
        ['open', 'alice', 'key'],
        ['close', 'alice', 'key'],
      ],
    );
    await keeper.stop();
  });

  test('held by another user, a sequence or the operator too: stays, and is only theirs from then on', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const doors = ['bob', 'sequence', 'first'].map((name) => bench.door(SIMPLE, name));
    const [withBob, withSequence, sequenceFirst] = doors;
    if (withBob === undefined || withSequence === undefined || sequenceFirst === undefined) throw new Error();
    await keeper.requestOpen(bench.completion(sequenceFirst));
    await keeper.requestOpen(bench.byKey('alice', sequenceFirst));
    await keeper.requestOpen(bench.byKey('alice', withBob));
    await keeper.requestOpen(bench.byKey('bob', withBob));
    await keeper.requestOpen(bench.byKey('alice', withSequence));
    await keeper.requestOpen(bench.completion(withSequence));
    await bench.until(() => keeper.leases().every(({ state }) => state === 'open'), 'opening');
    bench.revoked.add('alice');
    keeper.closeRevoked();
    const left = keeper.leases().map(({ door, holders, state }) => [door, holders, state]);
    assert.deepEqual(left, [
      ['first', undefined, 'open'],
      ['bob', [proofOf('bob')], 'open'],
      ['sequence', undefined, 'open'],
    ]);
    await bench.until(
      () => bench.store.all().every(({ holders }) => holders?.some(({ user }) => user === 'alice') !== true),
      'alice gone from the database',
    );
    bench.revoked.add('bob');
    keeper.closeRevoked();
    await bench.until(() => keeper.leases().length === 2, 'closing');
    await keeper.stop();
  });

  test('opening: closes as soon as it has opened', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    const start = 'read -r line < gate; echo open >> done';
    keeper.complete(bench.byKey('alice', bench.door({ ...SIMPLE, start })));
    await bench.saw('running');
    bench.revoked.add('alice');
    keeper.closeRevoked();
    await bench.openGate();
    await bench.empty();
    assert.equal(bench.done, 'open\nclose alice\n');
  });

  test('closing, with a knock that waits for it: it is not opened again', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    const door = bench.door({ ...SIMPLE, stop: 'echo closing >> done; read -r line < gate' });
    keeper.complete(bench.byKey('alice', door));
    await bench.until(() => bench.done === 'open alice\n', 'opening');
    bench.clock.advance(60_000);
    await bench.until(() => bench.done === 'open alice\nclosing\n', 'closing');
    keeper.complete(bench.byKey('alice', door));
    bench.revoked.add('alice');
    keeper.closeRevoked();
    await bench.openGate();
    const refused = await bench.saw('refused');
    assert.deepEqual([refused.reason, refused.user], ['the user may no longer open it', 'alice']);
    await bench.empty();
  });

  test('left behind by an earlier daemon, the user removed in between: closes at the start', async () => {
    using bench = new KeeperFixture();
    const door = bench.door(SIMPLE);
    const lease = bench.left(door, { holders: [proofOf('alice')] });
    bench.claims.moveToThisBoot(lease.id);
    bench.revoked.add('alice');
    bench.keeper().adopt([door]);
    await bench.empty();
    assert.equal(bench.store.history(1)[0]?.how, 'revoked');
  });
});
