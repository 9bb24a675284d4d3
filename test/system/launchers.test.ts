// bin/bussa, bin/knockd, bin/knock and scripts/setup.sh: called from anywhere, with anything, by anybody.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { makeScratchClone, type ProbeReport, repository, type ScratchClone } from '../lab/scratch-clone.ts';

const ODD_ARGUMENTS = [
  '',
  ' ',
  'two words',
  '--',
  '-x',
  "'",
  '"',
  '*',
  '$HOME',
  '`id`',
  'a\nb',
  '\\',
  'é',
  '',
];
const NOBODY = 65_534;
const { version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
  version: string;
};

type Result = { readonly status: number | null; readonly stdout: string; readonly stderr: string };
type Options = { readonly cwd?: string; readonly env?: Record<string, string> };

function run(command: string, args: readonly string[], { env = {}, ...options }: Options = {}): Result {
  return spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
    ...options,
  });
}

/** What the probe in the launched program's place says; anything on standard error is a failure. */
function launch(command: string, args: readonly string[], options: Options = {}): ProbeReport {
  const { status, stdout, stderr } = run(command, args, options);
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return JSON.parse(stdout) as ProbeReport;
}

suite('launchers', () => {
  for (const program of ['bussa', 'knock', 'knockd']) {
    test(`${program}: any arguments, from any directory, through any link`, () => {
      using clone = makeScratchClone();
      const elsewhere = clone.path('else where');
      mkdirSync(elsewhere);
      symlinkSync(`../bin/${program}`, path.join(elsewhere, 'relative'));
      symlinkSync('relative', path.join(elsewhere, program));
      symlinkSync(clone.path('bin'), path.join(elsewhere, 'directory'));
      const calls: readonly (readonly [string, readonly string[], Options])[] = [
        [clone.path('bin', program), [], { cwd: '/' }],
        [`./${program}`, [], { cwd: elsewhere }],
        [`directory/${program}`, [], { cwd: elsewhere }],
        ['sh', [program], { cwd: clone.path('bin') }],
        ['env', [program], { cwd: '/', env: { PATH: `${elsewhere}:${process.env.PATH}` } }],
        [clone.path('bin', program), [], { cwd: '/', env: { CDPATH: '/:/tmp' } }],
      ];
      for (const [command, before, options] of calls) {
        const report = launch(command, [...before, ...ODD_ARGUMENTS], options);
        assert.deepEqual(report.args, ODD_ARGUMENTS, command);
        assert.equal(report.file, clone.path(`src/cli/${program}/${program}.ts`));
      }
    });

    test(`${program}: the exit status is the program's`, () => {
      using clone = makeScratchClone();
      assert.equal(run(clone.path('bin', program), [], { env: { PROBE_STATUS: '77' } }).status, 77);
    });

    test(`${program}: the environment cannot make Node.js load anything`, () => {
      using clone = makeScratchClone();
      writeFileSync(clone.path('evil.cjs'), 'process.stdout.write("evil"); process.exit(1);');
      mkdirSync(clone.path('cache'));
      const env = {
        NODE_OPTIONS: `--require="${clone.path('evil.cjs')}"`,
        NODE_COMPILE_CACHE: clone.path('cache'),
      };
      assert.notEqual(launch(clone.path('bin', program), [], { env }).cache, env.NODE_COMPILE_CACHE);
    });

    test(`${program}: this clone's own says its version`, () => {
      const { status, stdout, stderr } = run(path.join(repository, 'bin', program), ['-V'], { cwd: '/' });
      assert.equal(stderr, '');
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`^${program} ${RegExp.escape(version)}\\b`));
    });
  }

  test('knockd: SIGUSR1 neither ends it nor opens a debugger, from its first moments on', async () => {
    using clone = makeScratchClone();
    const child = spawn(clone.path('bin/knockd'), ['--wait'], { stdio: 'pipe' });
    try {
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
      });
      child.stderr.on('data', (chunk) => {
        output += chunk;
      });
      const exited = once(child, 'exit');
      while (!isDeafToUsr1(child.pid ?? 0)) await setImmediate();
      while (!output.includes('\n')) {
        child.kill('SIGUSR1');
        await setImmediate();
      }
      const report = JSON.parse(output) as ProbeReport;
      assert.equal(report.pid, child.pid, 'the shell has become the daemon');
      child.stdin.end();
      assert.deepEqual(await exited, [0, null]);
      assert.ok(!output.includes('Debugger'), output);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

suite('compiled sources are kept', () => {
  const cacheOf = (clone: ScratchClone, env: Record<string, string> = {}): string | undefined =>
    launch(clone.path('bin/knock'), [], { env }).cache;

  test('in a directory that is ours alone', () => {
    using clone = makeScratchClone();
    const directory = clone.path('node_modules/.bussa-compiled');
    assert.equal(cacheOf(clone), directory);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.equal(cacheOf(clone), directory);
  });

  test('not behind a link, nor where others may write', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, () => {
    using clone = makeScratchClone();
    const directory = clone.path('node_modules/.bussa-compiled');
    mkdirSync(clone.path('target'));
    symlinkSync(clone.path('target'), directory);
    assert.equal(cacheOf(clone), undefined);
    rmSync(directory);
    mkdirSync(directory);
    chownSync(directory, NOBODY, NOBODY);
    assert.equal(cacheOf(clone), undefined);
    assert.equal(
      cacheOf(clone, { CACHE_DIRECTORY: clone.path('target') }),
      clone.path('target/.bussa-compiled'),
    );
  });
});

suite('setup', () => {
  test('says nothing and takes well under 50 ms when all is there', () => {
    using clone = makeScratchClone();
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      const result = run(clone.path('scripts/setup.sh'), ['knock']);
      assert.deepEqual([result.status, result.stdout, result.stderr], [0, '', '']);
      return performance.now() - start;
    });
    assert.ok(Math.min(...times) < 50, `${times.join(', ')} ms`);
  });

  test('compares content when the times say nothing', () => {
    using clone = makeScratchClone();
    touchLock(clone);
    const stamp = clone.path('node_modules/.bussa-lock');
    const before = statSync(stamp).mtimeMs;
    launch(clone.path('bin/knock'), []);
    assert.ok(statSync(stamp).mtimeMs > before);
  });

  test('in somebody else’s clone: works when all is there, says what to do when not', () => {
    using clone = makeScratchClone();
    chmodSync(path.dirname(clone.directory), 0o755);
    touchLock(clone);
    const report = launchAsNobody(clone);
    assert.equal(report.stderr, '');
    assert.equal(report.status, 0);
    writeFileSync(clone.path('package-lock.json'), '{}');
    touchLock(clone);
    const { status, stdout, stderr } = launchAsNobody(clone);
    assert.equal(status, 77);
    assert.equal(stdout, '');
    assert.match(stderr, /belongs to somebody else: run as its owner: cd .* && npm ci/);
  });

  test('Node.js is linked to nothing that a bare Debian lacks and setup.sh does not install', () => {
    const [node = ''] = globSync('node_modules/node-linux-*/bin/node', { cwd: repository });
    const linked = execFileSync('ldd', [path.join(repository, node)], { encoding: 'utf8' });
    // Those of apt, dpkg and the C library itself.
    const bare = /^(?:linux-vdso|ld-linux-|libc|libm|libdl|libpthread|libgcc_s|libstdc\+\+)/;
    const names: readonly string[] = linked.match(/[^\s/]+\.so\.[0-9]+/g) ?? [];
    assert.ok(names.includes('libc.so.6'), linked);
    const setup = readFileSync(path.join(repository, 'scripts/setup.sh'), 'utf8');
    for (const name of names.filter((each) => !bare.test(each)))
      assert.match(setup, new RegExp(`need ${name.replace('.so.', '')}$`, 'm'), name);
  });

  test('an unknown set is refused', () => {
    const { status, stderr } = run(path.join(repository, 'scripts/setup.sh'), ['all']);
    assert.equal(status, 2);
    assert.match(stderr, /unknown set "all": use knock, knockd, build, make, package, test or bench/);
  });
});

/** The packages are mounted instead of the links: this repository may lie where nobody else can look. */
function launchAsNobody(clone: ScratchClone): Result {
  const packages = clone.path('node_modules');
  const script =
    'cd "$0"; for name in koffi node-linux-*; do rm -f "$1/$name"; mkdir -p "$1/$name"; mount --bind "$name" "$1/$name"; done; ' +
    `cd / && exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$2"`;
  return run('unshare', [
    '--mount',
    'sh',
    '-c',
    script,
    path.join(repository, 'node_modules'),
    packages,
    clone.path('bin/knock'),
  ]);
}

/** Newer than the stamp, as after a checkout. */
function touchLock(clone: ScratchClone): void {
  const old = new Date(2020, 0);
  utimesSync(clone.path('node_modules/.bussa-lock'), old, old);
}

/** Ignored by the shell, then blocked by Node.js. SigIgn and SigBlk have bit N - 1 for signal N (proc(5)); SIGUSR1 is 10. */
function isDeafToUsr1(pid: number): boolean {
  const masks = readFileSync(`/proc/${pid}/status`, 'latin1').matchAll(/^Sig(?:Ign|Blk):\s*(\S+)/gm);
  return [...masks].some(([, mask]) => ((BigInt(`0x${mask}`) >> 9n) & 1n) === 1n);
}
