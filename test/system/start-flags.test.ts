// An option of V8's that changes its version tag has it refuse the compiled code of Node.js's own modules at each start.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FLAGS } from '../../scripts/build.ts';

const tagWith = (flags: readonly string[]): string =>
  execFileSync(process.execPath, [...flags, '--print', "require('node:v8').cachedDataVersionTag()"], {
    encoding: 'utf8',
    env: {},
  });

/** Those that scripts/launch.sh starts the sources with. */
function launcherFlags(): string[] {
  const text = readFileSync(new URL('../../scripts/launch.sh', import.meta.url), 'utf8');
  const [, words = ''] = /become_daemon\(\) \{[\s\S]*?exec "\$NODE" ([\s\S]*?)"\$source"/.exec(text) ?? [];
  return words.split(/[\s\\]+/).filter((word) => word !== '');
}

test('the executable and the launchers start Node.js with its own compiled code', () => {
  const own = tagWith([]);
  assert.equal(tagWith(FLAGS), own);
  assert.ok(launcherFlags().includes('--disable-sigusr1'));
  assert.equal(tagWith(launcherFlags()), own);
  assert.notEqual(tagWith([...FLAGS, '--optimize-for-size']), own, 'an option that changes it shows');
});
