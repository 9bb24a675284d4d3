import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { printableJson } from '../../../src/core/event/printable.ts';

const PRINT = new URL('../../../src/cli/process/print.ts', import.meta.url).href;

/** Node.js makes a pipe one that does not wait when `process.stdout` is touched. */
const CHILD = `import { print, STDOUT } from '${PRINT}';
process.stdout.isTTY;
print(STDOUT, 'ä'.repeat(1_000_000) + '\\n');`;

describe('print', () => {
  test('a reader that comes late has every byte', async () => {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', CHILD], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const ended = once(child, 'exit');
      await once(child.stdout, 'readable');
      // One that does not wait has given up the rest by then, and is gone.
      await Promise.race([ended, delay(300)]);
      let bytes = 0;
      for await (const chunk of child.stdout) bytes += (chunk as Buffer).length;
      assert.equal(bytes, 2_000_001);
      assert.deepEqual(await ended, [0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('JSON that moves no cursor and turns no writing, and has the same value', () => {
    const value = { door: 'a\u009b2J\u202e\u{e0041}b\u2028', line: 'x\ny' };
    const text = printableJson(value);
    assert.match(text, /^[\x20-\x7e]*$/);
    assert.deepEqual(JSON.parse(text), value);
  });
});
