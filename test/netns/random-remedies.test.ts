/**
 * Remedies beside the kernel: rules made by chance are loaded, each command that doctor prints for a port is typed as it is
 * printed, and strangers knock. Then nobody gets in.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeats } from '../lab/effort.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { JudgeFixture, NotLoaded, wrongness } from './judge-fixture.ts';
import { generateLoad, NAMED_SOURCE_PORTS, PORTS } from './rule-generator.ts';

const RULESETS = repeats('BUSSA_MENDED', { quick: 40, full: 300 });
const JUDGED = [
  ...PORTS.tcp.map((port) => ({ protocol: 'tcp' as const, port })),
  ...PORTS.udp.map((port) => ({ protocol: 'udp' as const, port })),
];

test(`what doctor's remedies have closed is closed: ${RULESETS} rulesets`, async (t) => {
  const random = seededRandom(t);
  await using stage = await JudgeFixture.create();
  let typed = 0;
  let [open, closed] = [0, 0];
  const wrong: string[] = [];
  for (let at = 0; at < RULESETS; ) {
    const load = generateLoad(random);
    const differences = await stage
      .compare(load, JUDGED, NAMED_SOURCE_PORTS, true)
      .catch((error: unknown) => {
        if (!(error instanceof NotLoaded)) throw error;
      });
    if (differences === undefined) continue;
    at += 1;
    const { commands, failed } = stage.fixed;
    typed += commands.length;
    const told = `${JSON.stringify(load)}\n${commands.join('\n')}`;
    if (failed !== undefined) wrong.push(`${failed}\n${told}`);
    for (const difference of differences) {
      const why = wrongness(difference);
      if (why !== undefined) wrong.push(`${why}\n${told}`);
      if (difference.judged.kind === 'in') open += 1;
      if (difference.judged.kind === 'dropped') closed += 1;
    }
  }
  t.diagnostic(`typed: ${typed}, closed then: ${closed}, open with a hint alone: ${open}`);
  assert.equal(wrong.length, 0, `${wrong.length}:\n${wrong.slice(0, 3).join('\n\n')}`);
  assert.ok(typed > RULESETS / 4, `${typed}`);
  assert.ok(open < closed / 20, `${open} of ${closed}`);
});
