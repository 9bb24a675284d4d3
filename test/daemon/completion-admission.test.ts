// The daemon asks who may knock: allow and deny are no use where nobody reads them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompletionAdmission } from '../../src/app/daemon/composition/completion-admission.ts';
import { parseConfig } from '../../src/core/config/file/parse-config.ts';
import type { Door } from '../../src/core/door/door.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { KeeperFixture } from './keeper-fixture.ts';

function readDoor(lines: string): Door {
  const text = `[door]\nsequence = 7000\nstart_command = true\nstop_command = true\n${lines}`;
  const result = parseConfig('test', new TextEncoder().encode(text));
  const [spec] = result.kind === 'bad' ? [] : result.config.doors;
  if (spec?.sequenceSource.kind !== 'fixed') throw new Error(JSON.stringify(result));
  return { ...spec, sequence: spec.sequenceSource.sequence };
}

for (const [lines, source, opens] of [
  ['allow = 192.0.2.0/24', '192.0.2.7', true],
  ['allow = 192.0.2.0/24', '198.51.100.7', false],
  ['allow = 2001:db8::/32', '2001:db8::7', true],
  ['allow = 2001:db8::/32', '192.0.2.7', false],
  ['deny = 192.0.2.7', '192.0.2.7', false],
  ['deny = 192.0.2.7', '192.0.2.8', true],
] as const) {
  test(`${lines}: a whole sequence from ${source} ${opens ? 'opens' : 'is refused'}`, async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const rest = { inForce: undefined as never, watch: undefined as never, oneTime: undefined as never };
    const admission = new CompletionAdmission({ ...rest, keeper });
    await admission.admit(bench.completion(readDoor(lines), parseAddress(source) as Address));
    await bench.saw(opens ? 'running' : 'refused');
    assert.equal(keeper.leases().length, opens ? 1 : 0);
    await bench.passing(keeper.stop());
  });
}
