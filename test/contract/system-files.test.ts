import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, test } from 'node:test';
import { removePidFile, writePidFile } from '../../src/host/files/pid-file.ts';
import { overwriteByte, replaceFile } from '../../src/host/files/replace-file.ts';
import { hasCapability } from '../../src/host/privileges/capabilities.ts';
import { moduleOf, Scratch, startModuleOnDisk } from '../lab/child-module.ts';
import { Program } from '../lab/program.ts';

describe('the pid file', () => {
  test('names this process, for everybody to read, and is removed', () => {
    using scratch = new Scratch();
    const path = scratch.file('pid');
    writeFileSync(path, '99999999\n');
    writePidFile(path);
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
    assert.equal(statSync(path).mode & 0o777, 0o644);
    assert.deepEqual(readdirSync(scratch.path), ['pid']);
    removePidFile(path);
    removePidFile(path);
    assert.equal(existsSync(path), false);
  });

  test("another process's is left alone", () => {
    using scratch = new Scratch();
    const path = scratch.file('pid');
    writeFileSync(path, '1\n');
    removePidFile(path);
    assert.equal(readFileSync(path, 'utf8'), '1\n');
  });

  test('if it cannot be written: an error, and nothing is left behind', () => {
    using scratch = new Scratch();
    assert.throws(() => writePidFile(scratch.file('no/such/pid')), /ENOENT/);
    mkdirSync(scratch.file('pid'));
    assert.throws(() => writePidFile(scratch.file('pid')), /EISDIR/);
    assert.deepEqual(readdirSync(scratch.path), ['pid']);
  });
});

describe('replacing a file', () => {
  test('what a crash left for this process ID does not matter', () => {
    using scratch = new Scratch();
    writeFileSync(scratch.file('file'), 'old');
    writeFileSync(scratch.file(`file.bussa-${process.pid}`), 'half');
    replaceFile(scratch.file('file'), Buffer.from('new'));
    assert.equal(readFileSync(scratch.file('file'), 'utf8'), 'new');
    assert.deepEqual(readdirSync(scratch.path), ['file']);
  });

  test('a link stays a link, and what it leads to has the new content', () => {
    using scratch = new Scratch();
    mkdirSync(scratch.file('real'));
    writeFileSync(scratch.file('real/file'), 'old');
    symlinkSync('real/file', scratch.file('link'));
    replaceFile(scratch.file('link'), Buffer.from('new'));
    assert.equal(lstatSync(scratch.file('link')).isSymbolicLink(), true);
    assert.equal(readFileSync(scratch.file('real/file'), 'utf8'), 'new');
    assert.deepEqual(readdirSync(scratch.file('real')), ['file']);
  });

  test('one that is not there is not made', () => {
    using scratch = new Scratch();
    assert.throws(() => replaceFile(scratch.file('none'), Buffer.from('new')), /ENOENT/);
    assert.throws(() => overwriteByte(scratch.file('none'), 0, 1), /ENOENT/);
    assert.deepEqual(readdirSync(scratch.path), []);
  });

  test('a full disk: an error, the old content, and no draft; one byte in place still goes', async () => {
    using scratch = new Scratch();
    await using child = startModuleOnDisk(
      { size: '64k', mountPoint: scratch.path },
      `import { overwriteByte, replaceFile } from '${moduleOf('host/files/replace-file.ts')}';
       import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
       const [, disk] = process.argv;
       writeFileSync(disk + '/file', 'old'.repeat(4000));
       try { writeFileSync(disk + '/fill', Buffer.alloc(1e6)); } catch {}
       try { replaceFile(disk + '/file', Buffer.alloc(12001, 'n')); } catch (error) { console.log(error.code); }
       console.log(readFileSync(disk + '/file', 'utf8') === 'old'.repeat(4000), readdirSync(disk).sort().join());
       overwriteByte(disk + '/file', 3, 0x23);
       console.log(readFileSync(disk + '/file', 'utf8').slice(0, 6));`,
      scratch.path,
    );
    await child.exited;
    assert.equal(child.output, 'ENOSPC\ntrue file,fill\nold#ld\n');
  });
});

describe('capabilities', () => {
  test('root has CAP_NET_RAW, and a process it was taken from has not', async () => {
    assert.equal(hasCapability('CAP_NET_RAW'), true);
    await using child = new Program('setpriv', [
      '--bounding-set',
      '-net_raw',
      process.execPath,
      '--input-type=module',
      '--eval',
      `import { hasCapability } from '${moduleOf('host/privileges/capabilities.ts')}'; console.log(hasCapability('CAP_NET_RAW'));`,
    ]);
    await child.exited;
    assert.equal(child.output, 'false\n');
  });
});
