/** Commands that hang hold up their own door alone; the log says what waits, and that a command runs when it does. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { millis } from '../../src/core/net/time.ts';
import { KeeperFixture } from './keeper-fixture.ts';

const source = (n: number): Address => parseAddress(`198.51.100.${n}`) as Address;
/** Says which process group it is, and hangs, until the test is over. */
const HANG = '[ -e over ] || { echo $$ >> hanging; sleep 1000; }';

describe('commands that hang', { concurrency: 3 }, () => {
  test('8 × 8 openings, of doors without a time limit too: an honest door opens at once', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    for (let door = 0; door < 8; door++) {
      for (let n = 0; n < 9; n++) {
        const hanging = bench.door({ start: HANG }, `hanging-${door}`);
        keeper.complete(bench.completion({ ...hanging, limits: { start: millis(20_000) } }, source(n)));
      }
    }
    const waits = bench.events.filter((event) => event.kind === 'waiting');
    assert.equal(waits.length, 8);
    assert.deepEqual(
      { ...waits[0], command: '' },
      {
        ...{ kind: 'waiting', door: 'hanging-0', command: '', purpose: 'start', of: 'door', limit: 8 },
      },
    );
    assert.equal(
      bench.kinds().filter((kind) => kind === 'running').length,
      64,
      'running is said of those that run',
    );
    keeper.complete(bench.completion(bench.door({ start: 'echo honest >> done' }, 'honest')));
    await bench.until(() => bench.done === 'honest\n', 'honest opening');
    await endAll(bench, 64, () => failures(bench) >= 64);
  });

  test('64 closings of one door: another closes at its time', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const hanging = bench.door({ start: 'echo open >> done', stop: HANG });
    for (let n = 0; n < 64; n++) keeper.complete(bench.completion(hanging, source(n)));
    const honest = bench.door({ start: 'echo open >> done', stop: 'echo honest >> closed' }, 'honest');
    keeper.complete(bench.completion(honest));
    await bench.until(() => bench.done.length === 65 * 5, 'openings');
    bench.clock.advance(60_000);
    await bench.until(() => !bench.store.all().some(({ door }) => door === 'honest'), 'honest closing');
    const stops = bench.events.filter((event) => event.kind === 'waiting' && event.purpose === 'stop');
    assert.equal(stops.length, 56);
    await endAll(bench, 8, () => bench.store.all().length === 0);
  });

  test('a start command beside a stop command is ended at its limit: the lease has failed, and closes', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door({ start: HANG, stop: 'echo close >> done' });
    keeper.complete(bench.completion({ ...door, limits: { start: millis(200) } }));
    assert.match(
      (await bench.saw('start-failed')).reason,
      /^exceeded its time limit of 0.2 s and was terminated/,
    );
    bench.clock.advance(60_000);
    await bench.empty();
    assert.equal(bench.done, 'close\n');
  });

  test("the share of a door is the operator's to set", async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = { ...bench.door({ start: HANG }), limits: { commands: 2, start: millis(20_000) } };
    for (let n = 0; n < 3; n++) keeper.complete(bench.completion(door, source(n)));
    assert.deepEqual(bench.kinds(), ['running', 'running', 'waiting']);
    await endAll(bench, 2, () => failures(bench) >= 2);
  });
});

/** Ends what hangs, by its group, until it is over; what begins from now on ends by itself. */
async function endAll(bench: KeeperFixture, count: number, isOver: () => boolean): Promise<void> {
  const hanging = (): string[] => {
    const path = bench.scratch.file('hanging');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  };
  await bench.until(() => hanging().length >= count, 'all that hang');
  writeFileSync(bench.scratch.file('over'), '');
  const ended = new Set<string>();
  const end = (): void => {
    for (const group of hanging()) {
      if (!ended.has(group)) process.kill(-Number(group), 'SIGKILL');
      ended.add(group);
    }
  };
  await bench.passing(
    bench.until(() => {
      end();
      return isOver();
    }, 'end of all that hang'),
  );
}

const failures = (bench: KeeperFixture): number =>
  bench.kinds().filter((kind) => kind === 'command-failed').length;
