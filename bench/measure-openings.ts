import { sourcesOf } from '../test/lab/many-knocks.ts';
import type { Samples } from './samples.ts';
import { pause } from './test-bed.ts';
import { Watched } from './watched.ts';

/** The daemon collects its memory a second after it listens. */
const SETTLED_MS = 2500;

/**
 * How long after the kernel's stamp on the last packet of a knock the opening is in place, which the kernel itself
 * tells: by a command of iptables, natively, or natively by a signed knock. The daemons take turns, knock by knock, on wires of one kind: what
 * the kernel tells of a firewall has to be of one daemon.
 */
export async function measureOpenings(samples: Samples, knocks: number): Promise<void> {
  console.error(`openings: ${knocks} knocks each, and a crowd`);
  await using knockd = await Watched.start('knockd', knocks);
  await using commands = await Watched.start('Bussa, commands', knocks);
  await using native = await Watched.start('Bussa, native', knocks);
  await using signed = await Watched.start('Bussa, signed', knocks);
  await using fwknopd = await Watched.start('fwknopd', knocks);
  for (const source of sourcesOf(knocks)) {
    const original = await knockd.open(source);
    const other = await fwknopd.open(source);
    for (const [figure, bussa] of [
      ['open.command', commands],
      ['open.native', native],
      ['open.signed', signed],
    ] as const) {
      samples.add(figure, 'Bussa', await bussa.open(source));
      samples.add(figure, 'knockd', original);
      samples.add(figure, 'fwknopd', other);
    }
  }
  await native.openCrowd(samples, 'Bussa');
  await knockd.openCrowd(samples, 'knockd');
}

/** The same for the first knock after a start, which runs what has never run before: each at a daemon of its own. */
export async function measureFirstKnocks(samples: Samples, starts: number): Promise<void> {
  console.error(`first knocks: ${starts} starts of each`);
  for (const source of sourcesOf(starts)) {
    for (const [figure, contender, daemon] of [
      ['open.first', 'knockd', 'knockd'],
      ['open.first', 'Bussa', 'Bussa, native'],
      ['open.first.signed', 'Bussa', 'Bussa, signed'],
      ['open.first.signed', 'fwknopd', 'fwknopd'],
    ] as const) {
      await using watched = await Watched.start(daemon, starts);
      // As most first knocks, it comes when all that a start brings with it is over.
      await pause(SETTLED_MS);
      samples.add(figure, contender, await watched.open(source));
    }
  }
}
