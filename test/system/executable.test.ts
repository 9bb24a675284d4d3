// The self-contained executable, where there is no Node.js, and nothing that it could be bent by.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { bundleProgram, PROGRAMS, type ProgramName } from '../../scripts/bundle.ts';
import { builtPrograms } from '../lab/built-programs.ts';

const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
const CONFIG = '[ssh]\n  sequence = 7011,8022,9033\n  open = tcp/22\n';

type Result = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

function run(command: string, args: readonly string[], env: Record<string, string> = {}): Result {
  return spawnSync(command, args, { encoding: 'utf8', timeout: 60_000, env, cwd: '/' });
}

suite('executable', () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'bussa-executable-'));
  after(() => rmSync(parent, { recursive: true, force: true }));
  const at = (name: string): string => path.join(parent, name);
  cpSync(builtPrograms(parent), at('dist'), { recursive: true, verbatimSymlinks: true });
  writeFileSync(at('knockd.conf'), CONFIG, { mode: 0o600 });

  test('each program by its name, through links', () => {
    symlinkSync('dist/knockd', at('knockd'));
    assert.equal(run(at('knockd'), ['-V']).stdout, `knockd ${version} (Bussa)\n`);
    assert.equal(run(at('dist/knock'), ['-V']).stdout, `knock ${version}\n`);
    assert.equal(run(at('dist/bussa'), ['-V']).stdout, `bussa ${version}\n`);
  });

  test('no program imports at run time: the executable cannot', async () => {
    for (const name of Object.keys(PROGRAMS) as ProgramName[]) {
      await bundleProgram(name, at(`${name}.bundled.js`));
      assert.doesNotMatch(readFileSync(at(`${name}.bundled.js`), 'latin1'), /\bimport\(/, name);
    }
    assert.equal(run(at('dist/bussa'), ['import', at('nothing')]).status, 78);
  });

  test('under any other name it is bussa', () => {
    for (const name of ['sshd', 'koffi.node', 'knock.js', '..', '']) {
      const { stdout, stderr } = spawnSync(at('dist/bussa'), ['-V'], { argv0: name, encoding: 'utf8' });
      assert.equal(stdout + stderr, `bussa ${version}\n`, name);
    }
  });

  test('help, a good configuration and a bad one', () => {
    assert.match(run(at('dist/knockd'), ['--help']).stdout, /^usage: knockd/);
    assert.equal(run(at('dist/knockd'), ['--check', '-c', at('knockd.conf')]).status, 0);
    writeFileSync(at('bad.conf'), CONFIG.replace('7011', '70110'), { mode: 0o600 });
    const bad = run(at('dist/knockd'), ['--check', '-c', at('bad.conf')]);
    assert.equal(bad.status, 78);
    assert.match(bad.stdout + bad.stderr, /bad\.conf:2:/);
  });

  test('the environment neither loads code nor changes what Node.js does', () => {
    writeFileSync(at('evil.cjs'), 'process.stdout.write("evil");');
    const { stdout, stderr } = run(at('dist/knock'), ['-V'], {
      NODE_OPTIONS: `--require=${at('evil.cjs')} --title=evil`,
      NODE_PATH: parent,
      NODE_COMPILE_CACHE: at('cache'),
    });
    assert.equal(stdout + stderr, `knock ${version}\n`);
  });

  test('in the background it leaves its caller no pipe open', () => {
    const script =
      'ip link set lo up; said=$("$0" -d -c "$1" --state "$2" -p "$2/pid" 2>&1); echo "status $? $said"; ' +
      'readlink "/proc/$(cat "$2/pid")/fd/2"; kill "$(cat "$2/pid")"';
    writeFileSync(at('knocks.conf'), '[door]\n  sequence = 7000\n', { mode: 0o600 });
    mkdirSync(at('state'));
    const args = ['--net', 'sh', '-c', script, at('dist/knockd'), at('knocks.conf'), at('state')];
    const { stdout } = run('unshare', args, { PATH: process.env.PATH ?? '' });
    assert.equal(stdout, 'status 0 \n/dev/null\n');
  });

  test("options of Node.js's own are the program's", () => {
    const { status, stderr } = run(at('dist/knock'), ['--eval', 'process.stdout.write("evil")']);
    assert.equal(status, 2);
    assert.match(stderr, /unknown option '--eval'/);
  });

  test('native calls where nothing can be written, and nothing run that was', () => {
    const script =
      'mount -t tmpfs -o ro,noexec none /tmp && mount -t tmpfs -o ro,noexec none /dev/shm && ' +
      'mount -t tmpfs none /var/tmp && cd /var/tmp && cp "$0" . && mount -o remount,ro none /var/tmp && ' +
      'ip link set lo up && ./knock -v 127.0.0.1 7000:udp';
    const knock = path.join(parent, 'bin');
    mkdirSync(knock);
    copyFileSync(at('dist/bussa'), path.join(knock, 'knock'));
    // A descriptor outlives the mount that hides its file.
    const open = 'exec 9<"$0" && exec unshare --mount --net sh -c "$1" "$2"';
    const seen = run('sh', [
      '-c',
      open,
      path.join(knock, 'knock'),
      script.replace('cp "$0" .', 'cp /proc/self/fd/9 knock && chmod +x knock'),
      'sh',
    ]);
    assert.equal(seen.stdout, 'hitting udp 127.0.0.1:7000\n', seen.stderr);
    assert.equal(seen.status, 0);
  });

  test('SIGUSR1 opens no debugger', async () => {
    const stage = ['unshare', '--net', at('dist/knockd'), '--state', parent, '-v', '-c', at('knockd.conf')];
    const daemon = spawn(stage[0] as string, stage.slice(1), { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      let said = '';
      for (const stream of [daemon.stdout, daemon.stderr]) stream.on('data', (text) => (said += `${text}`));
      while (!said.includes('listening on')) {
        await Promise.race([
          once(daemon.stdout, 'data'),
          once(daemon, 'exit').then(() => Promise.reject(new Error(said))),
        ]);
      }
      daemon.kill('SIGUSR1');
      daemon.kill('SIGTERM');
      assert.deepEqual(await once(daemon, 'exit'), [0, null], said);
      assert.doesNotMatch(said, /Debugger/);
    } finally {
      daemon.kill('SIGKILL');
    }
  });
});
