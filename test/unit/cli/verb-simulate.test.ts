// bussa simulate --json: what comes out where nothing can be simulated.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Scratch } from '../../lab/child-module.ts';
import { BUSSA as COMMAND } from '../../lab/knockd.ts';

const BUSSA = COMMAND[0] as string;
const GOOD = '[ssh]\n  sequence = 7000,8000,9000\n  open = tcp/22\n';

function simulate(...args: readonly string[]) {
  const { status, stdout } = spawnSync(BUSSA, ['simulate', '--json', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, value: JSON.parse(stdout) as Readonly<Record<string, unknown>> };
}

test('a failure is a JSON value too', () => {
  using scratch = new Scratch();
  const file = scratch.file('knockd.conf');
  writeFileSync(file, '[ssh]\n  sequence = x\n', { mode: 0o600 });
  const bad = simulate(file, '--knock', '7000');
  assert.equal(bad.status, 78);
  assert.equal(bad.value.kind, 'bad');
  assert.ok(Array.isArray(bad.value.diagnostics));
  writeFileSync(file, GOOD);
  const failed = simulate(file, '--pcap', scratch.file('none.pcap'));
  assert.equal(failed.status, 1);
  assert.equal(failed.value.kind, 'failed');
  assert.match(String(failed.value.error), /none\.pcap/);
});
