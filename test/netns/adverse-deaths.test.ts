/**
 * kill -9 at random moments around knocks, opens and closes, while the machine is against it: the database cut off or
 * read-only, the firewall's command failing, the disk full, the wall clock set. Once nothing stands in the way any
 * more, no door is open past its time, no close has been lost or run twice, no rule is left over; what cannot be
 * mended is in the log.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { repeats } from '../lab/effort.ts';
import { draw } from '../lab/seeded-random.ts';
import { SmallDisk } from '../lab/small-disk.ts';
import { Boots } from './boots.ts';
import { FailingFirewall } from './failing-firewall.ts';
import { shutFirewall, takeAwaySets } from './firewall.ts';
import { assertClosesOnce, departuresOf, Mortal } from './killable-daemon.ts';
import { readOnly } from './mount-prefixes.ts';
import { SettableClock } from './settable-clock.ts';

const DEATHS = repeats('BUSSA_DEATHS', { quick: 5, full: 60 });

/** When something begins to fail. */
const MOMENTS = ['from the start', 'before the knocks', 'after the knocks', 'not at all'] as const;

/** Back, and forward. */
const FIRST_JUMPS: readonly string[] = ['-40d', '+400d'];

/** The database, and the log that is written ahead of it. */
const FILES = ['leases.db', 'leases.db-wal'] as const;

describe(`${DEATHS} sudden deaths each`, { concurrency: 3 }, () => {
  test('the database cut off', { timeout: 400_000 }, async (t) => {
    await using mortal = await Mortal.create(t, 11);
    let noticed = 0;
    for (let death = 0; death < DEATHS; death++) {
      await mortal.live();
      if (mortal.random() < 0.5) continue;
      cutOff(mortal);
      const output = await mortal.live();
      if (isSetAside(output)) noticed++;
    }
    await mortal.liveInOrder();
    truncateSync(join(ownDirectory(mortal), 'leases.db'), 100);
    const output = await mortal.live();
    assert.ok(isSetAside(output), output);
    await mortal.liveInOrder();
    await mortal.assertNothingIsLeft();
    t.diagnostic(`${noticed} of the damages set aside`);
    // What has been cut off is gone without a trace in the database: then the claims tell.
    const told = sum([...mortal.output.matchAll(/has lost (\d+) lease/g)].map(([, count]) => Number(count)));
    const departures = mortal.lines().map(departuresOf);
    assert.equal(sum(departures.map(({ extraCloses }) => extraCloses)), 0);
    assert.equal(sum(departures.map(({ lostCloses }) => lostCloses)), told);
  });

  test('the database, its directory or the claims read-only', { timeout: 400_000 }, async (t) => {
    await using mortal = await Mortal.create(t, 12);
    let unclaimed = 0;
    for (let death = 0; death < DEATHS; death++) {
      const own = death === 0 ? undefined : ownDirectory(mortal);
      const choices =
        own === undefined ? [] : [own, join(own, 'claims'), ...FILES.map((file) => join(own, file))];
      const there = choices.filter(existsSync) as [string];
      const path = there.length > 0 && mortal.random() < 0.5 ? draw(mortal.random, there) : undefined;
      const output = await mortal.live(path === undefined ? {} : { prefix: readOnly([path]) });
      if (path?.endsWith('claims')) unclaimed++;
      else if (path !== undefined)
        assert.match(output, /doors that run commands stay shut until this is solved/);
    }
    await mortal.assertNothingIsLeft();
    const departures = mortal.lines().map(departuresOf);
    assert.equal(sum(departures.map(({ lostCloses }) => lostCloses)), 0);
    // Where no claim can be made, closing is worth more than closing once: a death in the middle repeats it.
    const extra = sum(departures.map(({ extraCloses }) => extraCloses));
    assert.ok(extra <= unclaimed * 2, JSON.stringify(mortal.lines()));
  });

  test("the firewall's command failing for a while, and stop commands that fail", {
    timeout: 400_000,
  }, async (t) => {
    const config = '[options]\n  firewall = iptables\n';
    await using mortal = await Mortal.create(t, 13, {
      config,
      afterClose: '; exit 3',
      arrange: async (server) => {
        await shutFirewall(server);
        await takeAwaySets(server);
      },
    });
    const firewall = new FailingFirewall(mortal.directory);
    const { prefix } = firewall;
    const isEnough = (): boolean =>
      mortal.output.includes('the test has it fail') && mortal.lines().flat().length >= DEATHS / 2;
    for (let death = 0; goesOn(death, isEnough); death++) {
      const failing = draw(mortal.random, MOMENTS);
      const turn = async (now: string): Promise<void> => {
        if (failing === now) firewall.fail();
        else if (mortal.random() < 0.5) firewall.work();
      };
      firewall.work();
      await turn('from the start');
      await mortal.live({
        prefix,
        beforeKnocks: () => turn('before the knocks'),
        meanwhile: () => turn('after the knocks'),
      });
    }
    assert.match(mortal.output, /the test has it fail/);
    assert.match(mortal.output, /leases as rules/);
    firewall.work();
    await mortal.assertNothingIsLeft(prefix);
    assertClosesOnce(mortal, DEATHS);
  });

  test('the disk full', { timeout: 400_000 }, async (t) => {
    await using mortal = await Mortal.create(t, 14);
    await using disk = await SmallDisk.mount(mortal.wire.server, mortal.state, 512);
    const { prefix } = disk;
    const isEnough = (): boolean => mortal.output.includes('disk is full');
    for (let death = 0; goesOn(death, isEnough); death++) {
      const full = draw(mortal.random, MOMENTS);
      if (full === 'from the start') disk.fill();
      await mortal.live({
        prefix,
        beforeKnocks: async () => full === 'before the knocks' && disk.fill(),
        meanwhile: async () => {
          if (full === 'after the knocks') disk.fill();
          else if (full !== 'not at all' && mortal.random() < 0.3) disk.free();
        },
      });
      disk.free();
    }
    await mortal.assertNothingIsLeft(prefix);
    assert.match(mortal.output, /disk is full/);
    // A start command that found no room for its claim was not run; its lease is closed all the same.
    const notRun = mortal.count(/cannot create the claim/g);
    const departures = mortal.lines().map(departuresOf);
    assert.equal(sum(departures.map(({ lostCloses }) => lostCloses)), 0);
    assert.ok(
      sum(departures.map(({ extraCloses }) => extraCloses)) <= notRun,
      `${notRun} not run: ${JSON.stringify(mortal.lines())}`,
    );
  });

  test('the wall clock set back and forward, while the daemon runs and between runs, and reboots', {
    timeout: 400_000,
  }, async (t) => {
    await using mortal = await Mortal.create(t, 15, {
      daemonOptions: (directory) => ['-g', directory.file('log')],
    });
    const clock = new SettableClock(mortal.directory);
    const boots = new Boots(mortal.directory);
    const prefix = (): string[] => [...boots.prefix, ...clock.prefix];
    let reboots = 0;
    for (let death = 0; death < DEATHS; death++) {
      const jump = async (): Promise<void> =>
        clock.set(draw(mortal.random, ['-40d', '-3600', '-2', '+0', '+2', '+3600', '+400d']));
      // The first ones for certain; chance may leave them out.
      const early = FIRST_JUMPS[death];
      if (early !== undefined) clock.set(early);
      else if (mortal.random() < 0.3) await jump();
      await mortal.live({ prefix: prefix(), meanwhile: jump });
      if (mortal.random() < 0.75) continue;
      reboots++;
      await mortal.machineEnds();
      boots.reboot(10 + mortal.random() * 1e6);
      if (mortal.random() < 0.7) await jump();
    }
    await mortal.assertNothingIsLeft(prefix());
    assertSawClockJump(readFileSync(mortal.directory.file('log'), 'utf8'));
    for (const lines of mortal.lines()) {
      const { lostCloses, extraCloses } = departuresOf(lines);
      assert.equal(lostCloses, 0, lines.join(' '));
      // After a reboot a missing claim does not prove that nothing was opened.
      assert.ok(extraCloses <= reboots, lines.join(' '));
    }
  });
});

/** Whether the daemon has seen the damage: then it goes on with a new database. */
function isSetAside(output: string): boolean {
  return /renamed to .*leases\.db\.damaged-/.test(output);
}

/** Whether there is one more death: a few more if chance has shown too little so far. */
const goesOn = (death: number, isEnough: () => boolean): boolean =>
  death < DEATHS || (death < 5 * DEATHS && !isEnough());

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** The daemon of these tests has one state. */
function ownDirectory({ state }: Mortal): string {
  const [name = ''] = readdirSync(state);
  return join(state, name);
}

/** One of the database's files loses its end, at a place that means something, or anywhere. */
function cutOff(mortal: Mortal): void {
  const path = join(ownDirectory(mortal), draw(mortal.random, FILES));
  const size = existsSync(path) ? statSync(path).size : 0;
  const places = [0, 1, 20, 100, 4095, 4096, size - 4096, size - 1, Math.floor(mortal.random() * size)];
  const within = places.filter((place) => place >= 0 && place < size);
  if (size > 0) truncateSync(path, draw(mortal.random, within as [number]));
}

/** The daemon's own lines have its wall clock before them: `[2026-05-04 10:11] `. */
function assertSawClockJump(log: string): void {
  const years = new Set([...log.matchAll(/^\[(\d{4}-\d\d)/gm)].map(([, month]) => month));
  assert.ok(years.size >= 3, `the log knows of ${[...years].join(', ')}`);
}
