import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { check } from '../../src/app/check.ts';
import { judgeFileMode } from '../../src/app/daemon/judge-file-mode.ts';
import { loadConfig } from '../../src/app/daemon/load-config.ts';
import { renderDiagnostic } from '../../src/core/config/diagnostic.ts';
import { Scratch } from '../contract/child-module.ts';
import { Program } from '../netns/program.ts';

const NOBODY = 65_534;
const needsRoot = { skip: process.getuid?.() !== 0 && 'needs root' };

/** A file with this mode, and group and owner where they matter. */
function made(scratch: Scratch, mode: number, { uid = 0, gid = 0 } = {}): string {
  const path = scratch.file('c');
  writeFileSync(path, '[door]\nsequence = 7000\n');
  if (uid !== 0 || gid !== 0) chownSync(path, uid, gid);
  chmodSync(path, mode);
  return path;
}

const said = (path: string, secrets = true): string[] =>
  judgeFileMode(path, secrets).map(({ message }) => message);

describe('who may write a configuration, and read its secrets', () => {
  for (const mode of [0o600, 0o400, 0o640, 0o440, 0o660, 0o700, 0o750]) {
    test(`mode ${mode.toString(8)} with group root is taken`, needsRoot, () => {
      using scratch = new Scratch();
      assert.deepEqual(said(made(scratch, mode)), []);
    });
  }

  const refused: readonly (readonly [number, number, string])[] = [
    [0o644, 0, 'everybody can read the knocks in it (mode 0644): chmod o-rwx '],
    [0o604, 0, 'everybody can read the knocks in it (mode 0604): chmod o-rwx '],
    [0o602, 0, 'everybody can change it (mode 0602): chmod o-rwx '],
    [0o666, 0, 'everybody can change it, and everybody can read the knocks in it (mode 0666): chmod o-rwx '],
    [0o660, NOBODY, 'its group can change it (mode 0660): chmod g-w '],
    [
      0o777,
      NOBODY,
      'its group and everybody can change it, and everybody can read the knocks in it (mode 0777): chmod g-w,o-rwx ',
    ],
  ];
  for (const [mode, gid, expected] of refused) {
    test(
      `mode ${mode.toString(8)}, group ${gid}: the chmod that is said makes it good`,
      needsRoot,
      async () => {
        using scratch = new Scratch();
        const path = made(scratch, mode, { gid });
        const [message = '', ...more] = said(path);
        assert.deepEqual(more, []);
        assert.equal(message, `${expected}${path}`);
        await using remedy = new Program('sh', ['-c', message.slice(message.indexOf('chmod '))]);
        assert.equal((await remedy.exited).code, 0, remedy.output);
        assert.deepEqual(said(path), []);
      },
    );
  }

  test('a name that a shell would split is quoted in the remedy', needsRoot, async () => {
    using scratch = new Scratch();
    const path = scratch.file("it's; a file");
    writeFileSync(path, '');
    chmodSync(path, 0o644);
    const [message = ''] = said(path);
    await using remedy = new Program('sh', ['-c', message.slice(message.indexOf('chmod '))]);
    assert.equal((await remedy.exited).code, 0, remedy.output);
    assert.deepEqual(said(path), []);
  });

  test('what holds no secrets may be read, not written', needsRoot, () => {
    using scratch = new Scratch();
    assert.deepEqual(said(made(scratch, 0o644), false), []);
    assert.match(
      said(made(scratch, 0o646), false).join('\n'),
      /^everybody can change it \(mode 0646\): chmod o-rwx /,
    );
  });

  test('another owner, of the file or its directory', needsRoot, () => {
    using scratch = new Scratch();
    const path = made(scratch, 0o600, { uid: NOBODY });
    assert.deepEqual(said(path), [`it belongs to user ${NOBODY}, who can change it: chown root ${path}`]);
    process.env.SUDO_UID = String(NOBODY);
    try {
      assert.deepEqual(said(path), [], 'who called sudo');
    } finally {
      delete process.env.SUDO_UID;
    }
    chownSync(path, 0, 0);
    chownSync(scratch.path, NOBODY, NOBODY);
    assert.match(
      said(path).join('\n'),
      /^its directory belongs to user 65534, who can change it: chown root /,
    );
  });

  test('a directory in which others can put another file; the sticky bit, and links', needsRoot, () => {
    using scratch = new Scratch();
    const path = made(scratch, 0o600);
    chmodSync(scratch.path, 0o777);
    assert.match(
      said(path).join('\n'),
      /^everybody can put another file in its place \(mode 0777\): chmod o-w \S+$/,
    );
    chmodSync(scratch.path, 0o1777);
    assert.deepEqual(said(path), []);
    chmodSync(scratch.path, 0o700);
    mkdirSync(scratch.file('open'));
    chmodSync(scratch.file('open'), 0o777);
    symlinkSync(path, scratch.file('open/link'));
    assert.deepEqual(said(scratch.file('open/link')), [], 'what counts is where the file lies');
  });

  test('what is no file with a name is not judged', () => {
    using scratch = new Scratch();
    for (const path of [
      '/dev/stdin',
      '/proc/self/fd/0',
      '/dev/fd/0',
      '/dev/null',
      scratch.path,
      scratch.file('none'),
    ]) {
      assert.deepEqual(said(path), [], path);
    }
  });

  test(
    'a configuration that everybody can read is no configuration; --check says it, --read does not mind',
    needsRoot,
    () => {
      using scratch = new Scratch();
      const path = made(scratch, 0o644);
      assert.equal(loadConfig(path).kind, 'bad');
      assert.equal(loadConfig(path, 'ignored').kind, 'ok');
      const verdict = check(path);
      assert.equal(verdict.kind, 'bad');
      assert.deepEqual(verdict.diagnostics.map(renderDiagnostic), [
        `${path}:1:1: everybody can read the knocks in it (mode 0644): chmod o-rwx ${path}`,
      ]);
    },
  );

  test('it is said beside the other mistakes, and of one-time files as well', needsRoot, () => {
    using scratch = new Scratch();
    const path = made(scratch, 0o644);
    const once = scratch.file('once');
    writeFileSync(once, '7000\n');
    chmodSync(once, 0o644);
    writeFileSync(path, `[door]\none_time_sequences = ${once}\n`);
    const judged = loadConfig(path);
    assert.ok(judged.kind === 'bad');
    assert.deepEqual(
      judged.diagnostics.map(({ place }) => place.file),
      [once],
      'the configuration itself holds no knocks',
    );
    writeFileSync(path, '[door]\nsequence = 70000\n');
    const both = loadConfig(path);
    assert.ok(both.kind === 'bad');
    assert.equal(both.diagnostics.length, 2);
  });
});
