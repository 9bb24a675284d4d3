import { LoadFixture } from './load-fixture.ts';
import { memoryOf } from './process-usage.ts';
import { quantile, type Samples } from './samples.ts';
import { pause } from './test-bed.ts';

/** As many openings in two minutes as a door that opens every two seconds has in a day. */
const SOURCES = 5000;
const PACKETS_PER_SECOND = 1500;
const SAMPLE_MS = 500;

/** By then caches and tables are full, and V8 has compiled what is used. */
const WARM = 1 / 3;

/**
 * Private memory while a door opens 500 times a second: whether it still grows when the tables are full. The heap rises and
 * falls with its garbage, so medians of the second and of the last third of the time are compared.
 */
export async function measureLoad(samples: Samples, seconds: number): Promise<void> {
  console.error(`memory under load: ${seconds} s`);
  await using scene = await LoadFixture.open();
  await using _load = scene.flood(scene.writeKnocks(SOURCES), PACKETS_PER_SECOND);
  const seen: number[] = [];
  for (const from = performance.now(); performance.now() - from < 1000 * seconds; await pause(SAMPLE_MS))
    seen.push(memoryOf(scene.daemon.pid).private);
  const third = Math.floor(seen.length * WARM);
  const [middle, last] = [seen.slice(third, 2 * third), seen.slice(2 * third)].map((part) =>
    quantile(part, 0.5),
  );
  samples.add('load.private', 'Bussa', last ?? Number.NaN);
  samples.add('load.growth', 'Bussa', (last ?? Number.NaN) / (middle ?? Number.NaN));
}
