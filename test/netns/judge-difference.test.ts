/**
 * The judge of what strangers reach, beside the kernel: rules made by chance are loaded, listed and judged, and
 * strangers knock. `in` and `dropped` are never wrong.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeats } from '../lab/effort.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { JudgeFixture, NotLoaded, wrongness } from './judge-fixture.ts';
import { generateLoad, NAMED_SOURCE_PORTS, PORTS } from './rule-generator.ts';

const LANES = 2;
const RULESETS = repeats('BUSSA_RULESETS', { quick: 200, full: 2000 });
/** Of all verdicts: rules here ask for limits and chance far more often than those of hosts. */
const MAX_UNKNOWN = 0.06;
const JUDGED = [
  ...PORTS.tcp.map((port) => ({ protocol: 'tcp' as const, port })),
  ...PORTS.udp.map((port) => ({ protocol: 'udp' as const, port })),
];

test(`what is judged open is open, what is judged closed is closed: ${RULESETS} rulesets`, async (t) => {
  const counts = { in: 0, dropped: 0, depends: 0 };
  const wrong: string[] = [];
  const refused: string[] = [];
  await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      const random = seededRandom(t, lane * 7919);
      await using stage = await JudgeFixture.create();
      for (let at = lane; at < RULESETS; ) {
        const load = generateLoad(random);
        const differences = await stage.compare(load, JUDGED, NAMED_SOURCE_PORTS).catch((error: unknown) => {
          if (!(error instanceof NotLoaded)) throw error;
          refused.push(error.message);
        });
        if (differences === undefined) continue;
        at += LANES;
        for (const difference of differences) {
          counts[difference.judged.kind] += 1;
          const why = isListed(load) && difference.judged.kind === 'in' ? undefined : wrongness(difference);
          if (why !== undefined) wrong.push(`ruleset ${at}: ${why}\n${render(load)}`);
        }
      }
    }),
  );
  t.diagnostic(
    `verdicts: ${JSON.stringify(counts)}, refused by nft or iptables: ${refused.length}, wrong: ${wrong.length}`,
  );
  assert.equal(wrong.length, 0, wrong.slice(0, 3).join('\n\n'));
  assert.ok(refused.length < RULESETS / 2, refused.slice(0, 9).join('\n'));
  const all = counts.in + counts.dropped + counts.depends;
  assert.ok(counts.in > all / 10 && counts.dropped > all / 10, JSON.stringify(counts));
  assert.ok(counts.depends < all * MAX_UNKNOWN, JSON.stringify(counts));
});

/**
 * Whether rules put the sources of packets on a list. The strangers knock at six ports one after the other: what lets
 * their first packet in need not let these in.
 */
function isListed(load: ReturnType<typeof generateLoad>): boolean {
  return /(?:add|update) @dyn|-m recent|-j SET /.test(JSON.stringify(load));
}

function render({ nft = '', restore = {} }: ReturnType<typeof generateLoad>): string {
  return [nft, ...Object.entries(restore).map(([command, text]) => `${command} <<E\n${text}E`)].join('\n');
}
