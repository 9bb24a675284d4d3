import assert from 'node:assert/strict';
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { check } from '../../src/app/config/check.ts';
import { loadConfig } from '../../src/app/config/load-config.ts';
import { judgeConfiguration } from '../../src/app/doctor/judge-files.ts';
import { judgeFileAccess } from '../../src/app/file-access/judge-file-access.ts';
import { renderDiagnostic } from '../../src/core/text/diagnostic.ts';
import { inPrivateMounts, moduleOf, Scratch } from '../lab/child-module.ts';
import { Program } from '../lab/program.ts';

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
  judgeFileAccess(path, secrets ? 'group' : 'everybody').map(({ message }) => message);

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
    const link = scratch.file('open/link');
    symlinkSync(path, link);
    assert.deepEqual(said(link), [
      `everybody can put another file in its place (mode 0777): chmod o-w ${scratch.file('open')}`,
    ]);
    chmodSync(scratch.file('open'), 0o1777);
    assert.deepEqual(said(link), []);
    lchownSync(link, NOBODY, NOBODY);
    const foreign = `the link to it belongs to user ${NOBODY}, who can change it: chown -h root ${link}`;
    assert.deepEqual(said(link), [foreign]);
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
    'a configuration that everybody can read is taken, with a warning that says the chmod',
    needsRoot,
    () => {
      using scratch = new Scratch();
      const path = made(scratch, 0o644);
      const warning = `${path}:1:1: warning: everybody can read the knocks in it (mode 0644): chmod o-rwx ${path}`;
      const loaded = loadConfig(path);
      assert.ok(loaded.kind === 'ok');
      assert.deepEqual(loaded.warnings.map(renderDiagnostic), [warning]);
      const ignored = loadConfig(path, 'ignored');
      assert.ok(ignored.kind === 'ok');
      assert.deepEqual(ignored.warnings, []);
      const verdict = check(path);
      assert.equal(verdict.kind, 'good');
      assert.ok(verdict.diagnostics.map(renderDiagnostic).includes(warning));
      const { findings } = judgeConfiguration({ file: path, from: 'named' });
      assert.ok(findings.every(({ verdict }) => verdict === 'warning'));
      assert.ok(findings[0]?.message.includes(warning));
      assert.equal(findings[0]?.remedy, `chmod o-rwx ${path}`);
    },
  );

  test('it is said beside the mistakes of the file, which may hold knocks', needsRoot, () => {
    using scratch = new Scratch();
    const path = made(scratch, 0o644);
    writeFileSync(path, '[door]\nsequence = 70000\n');
    const both = loadConfig(path);
    assert.ok(both.kind === 'bad');
    assert.deepEqual(
      both.diagnostics.map(({ severity }) => severity),
      ['warning', 'error'],
    );
    writeFileSync(path, `[door]\none_time_sequences = ${scratch.file('once')}\n`);
    const without = loadConfig(path);
    assert.ok(without.kind === 'ok');
    assert.deepEqual(without.warnings, [], 'the configuration itself holds no knocks');
  });

  test('an access list lets others write where the mode shows group root', needsRoot, async () => {
    using scratch = new Scratch();
    const path = made(scratch, 0o600);
    const setfacl = async (...args: readonly string[]): Promise<void> => {
      await using program = new Program('setfacl', args);
      assert.equal((await program.exited).code, 0, program.output);
    };
    await setfacl('-m', 'u:0:rw,g:0:rw,m:rw', path);
    assert.deepEqual(said(path), [], 'all of them root');
    await setfacl('-m', `u:${NOBODY}:r`, path);
    assert.deepEqual(said(path), [], 'reading is the choice of whoever made the list');
    for (const who of [`u:${NOBODY}:rw`, `g:${NOBODY}:rw`]) {
      await setfacl('-b', path);
      await setfacl('-m', who, path);
      const [message = '', ...more] = said(path);
      assert.deepEqual(more, []);
      assert.equal(message, `its access list can change it (mode 0660): chmod g-w ${path}`);
      chmodSync(path, 0o640);
      assert.deepEqual(said(path), [], 'the remedy takes it out of the mask');
      await setfacl('-m', `d:${who},${who.replace(':rw', ':rwx')}`, scratch.path);
      assert.match(said(path).join(), /^its access list can put another file in its place \(mode 0770\)/);
      await setfacl('-b', scratch.path);
    }
  });

  test(
    'a file on a read-only mount cannot be written, and the warning suggests no chmod',
    needsRoot,
    async () => {
      using scratch = new Scratch();
      const path = made(scratch, 0o666, { uid: NOBODY });
      chmodSync(scratch.path, 0o777);
      const text = `
      import { judgeFileAccess } from '${moduleOf('app/file-access/judge-file-access.ts')}';
      for (const { severity, message } of judgeFileAccess(process.argv[2], 'group')) console.log(severity, message);
      console.log('done');`;
      await using child = inPrivateMounts(
        'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"',
        scratch.path,
        process.execPath,
        '--input-type=module',
        '--eval',
        text,
        'judge',
        path,
      );
      await child.exited;
      assert.match(
        child.output,
        /^warning everybody can read the knocks in it \(mode 0666\), on a read-only mount: where it comes from, chmod o-rwx\ndone$/m,
      );
    },
  );
});
