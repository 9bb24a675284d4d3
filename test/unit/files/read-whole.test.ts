import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { readWhole } from '../../../src/host/files/read-whole.ts';

function directory(t: { after: (clean: () => void) => void }): string {
  const made = mkdtempSync(path.join(tmpdir(), 'bussa-read-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

suite('a regular file', () => {
  test('is read completely, even if the system does not give its size', (t) => {
    const file = path.join(directory(t), 'file');
    const bytes = new Uint8Array(300_000).map((_, i) => i % 251);
    writeFileSync(file, bytes);
    assert.deepEqual(new Uint8Array(readWhole(file)), bytes);
    assert.match(
      Buffer.from(readWhole('/proc/self/status')).toString(),
      /^Name:.*ctxt_switches:\t[0-9]+\n$/s,
    );
  });

  test('a pipe without a writer is empty, one with a slow writer is waited for', async (t) => {
    const fifo = path.join(directory(t), 'fifo');
    execFileSync('mkfifo', [fifo]);
    assert.equal(readWhole(fifo).length, 0);
    const writer = spawn('sh', ['-c', 'exec 3>"$0"; echo >&2; sleep .1; echo late >&3', fifo]);
    t.after(() => writer.kill('SIGKILL'));
    // The shell's open ends once there is a reader, and its word says that it has.
    const held = spawn('sh', ['-c', 'exec sleep 60 <"$0"', fifo], { stdio: 'ignore' });
    t.after(() => held.kill('SIGKILL'));
    await once(writer.stderr, 'data');
    assert.equal(Buffer.from(readWhole(fifo)).toString(), 'late\n');
  });

  test('what has no end is refused', (t) => {
    assert.throws(() => readWhole('/dev/zero'), /it has more than 67108864 bytes/);
    const made = directory(t);
    assert.throws(() => readWhole(made), { code: 'EISDIR' });
    assert.throws(() => readWhole(path.join(made, 'none')), { code: 'ENOENT' });
  });
});
