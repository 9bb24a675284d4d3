/** The stop of a daemon, and of a test, ends though commands hang. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { closeAll, describeRemaining } from '../../src/app/daemon/leases/close-all.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { startModule } from '../lab/child-module.ts';
import { KeeperFixture } from './keeper-fixture.ts';

const source = (n: number): Address => parseAddress(`198.51.100.${n}`) as Address;
const COUNT = 64;

describe('a stop is bounded', () => {
  test(`${COUNT} stop commands hang: it ends, says which are left, and their rows stay`, async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door({ start: 'echo open >> done', stop: 'sleep 1000' });
    for (let n = 1; n <= COUNT; n++) keeper.complete(bench.completion(door, source(n)));
    await bench.until(() => bench.done.length === 'open\n'.length * COUNT, 'openings');
    const left = await closeAll(keeper, { quietMs: 200, longestMs: 2000 });
    assert.deepEqual(
      left.map((lease) => lease.source),
      Array.from({ length: COUNT }, (_, n) => source(n + 1)),
    );
    assert.match(
      describeRemaining(left),
      /: door for 198\.51\.100\.1, door for 198\.51\.100\.2, .* and 56 more$/,
    );
    assert.equal(bench.store.all().length, COUNT);
  });

  test('one closing after the other: it is waited for longer, and no longer than the longest', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const quick = bench.door({ start: 'true', stop: 'true' }, 'quick');
    const slow = bench.door({ start: 'true', stop: 'sleep 1000' }, 'slow');
    keeper.complete(bench.completion(quick));
    keeper.complete(bench.completion(slow));
    await bench.until(() => bench.kinds().filter((kind) => kind === 'running').length === 2, 'openings');
    const left = await closeAll(keeper, { quietMs: 6000, longestMs: 12_000 });
    assert.deepEqual(
      left.map((lease) => lease.door),
      ['slow'],
    );
  });

  test('a test that fails while commands hang ends at once', async () => {
    const fixture = new URL('keeper-fixture.ts', import.meta.url).href;
    await using program = startModule(
      `import { KeeperFixture } from '${fixture}';
       async function run() {
         using bench = new KeeperFixture();
         const keeper = bench.keeper();
         const hanging = bench.door({ start: 'echo open >> done', stop: 'sleep 1000' });
         const opening = bench.door({ start: 'echo open >> done; sleep 1000' }, 'opening');
         keeper.complete(bench.completion(hanging));
         keeper.complete(bench.completion(opening));
         await bench.until(() => bench.done.length === 10, 'openings');
         void keeper.stop();
         throw new Error('red');
       }
       try { await run(); } catch (error) { console.log(error.message); }`,
    );
    const { code, signal } = await program.exited;
    assert.deepEqual({ code, signal, output: program.output }, { code: 0, signal: null, output: 'red\n' });
  });
});
