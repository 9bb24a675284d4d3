import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { makeDirectory } from '../../../src/host/files/make-directory.ts';

/** Longer than a busy machine needs to start Node.js; what would never return does not have it. */
const PATIENCE_MS = 60_000;

suite('a directory of our own', () => {
  test('is made with those above it, for its owner alone, and may be there already', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'bussa-make-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    const path = join(root, 'a', 'b', 'c');
    makeDirectory(path);
    makeDirectory(path);
    makeDirectory('/');
    for (const made of [path, join(root, 'a')]) assert.equal(statSync(made).mode & 0o777, 0o700);
    writeFileSync(join(root, 'file'), '');
    symlinkSync(join(root, 'nowhere'), join(root, 'link'));
    assert.throws(() => makeDirectory(join(root, 'file')), { code: 'EEXIST' });
    assert.throws(() => makeDirectory(join(root, 'file', 'x', 'y')), { code: 'ENOTDIR' });
    assert.throws(() => makeDirectory(join(root, 'link', 'x', 'y')));
  });

  test('where the file system answers ENOENT for ever: an error, not an endless loop', () => {
    const module = import.meta.resolve('../../../src/host/files/make-directory.ts');
    const code = `import { makeDirectory } from '${module}';
      for (const path of ['/proc/bussa', '/proc/bussa/a/b', '/proc/self/bussa/a'])
        try { makeDirectory(path); } catch (error) { console.log(error.code); }`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    assert.equal(child.stdout, 'ENOENT\nENOENT\nENOENT\n', child.stderr);
  });
});
