import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { describe, test } from 'node:test';
import type { Hook, HookOccasion } from '../../src/core/door/hook.ts';
import { parseAddress } from '../../src/core/net/address.ts';
import { instant } from '../../src/core/net/time.ts';
import { DEFAULT_HOOK_RUNNER_LIMITS, HookRunner } from '../../src/host/process/hook-runner.ts';
import { DEFAULT_HOOK_LIMITS } from '../../src/host/process/run-hook.ts';
import { moduleOf, Scratch, startModule } from '../lab/child-module.ts';
import { follow, type Program } from '../lab/program.ts';

const shell = (text: string): Hook => ({ kind: 'shell', text });
const program = (...argv: [string, ...string[]]): Hook => ({ kind: 'argv', argv });

const opened = (door = 'ssh', source = '192.0.2.7'): HookOccasion => ({
  event: 'open',
  door,
  source: parseAddress(source)!,
  ports: 'tcp/22, tcp/8080 forward',
  until: instant(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
});

/** The limits of a hook that must go beyond one, in a time that a test can wait for. */
const SHORT = { ...DEFAULT_HOOK_RUNNER_LIMITS, timeMs: 300, graceMs: 300 };

const runner = (limits = DEFAULT_HOOK_RUNNER_LIMITS): HookRunner => new HookRunner('/', limits);

/** Whether the process lives; one that has ended and waits for its parent does not. */
function lives(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('what a hook is given', () => {
  test('exactly the variables of its event and the PATH of the daemon', async () => {
    using scratch = new Scratch();
    const copy = program('cp', '/proc/self/environ', scratch.file('environ'));
    assert.deepEqual(await runner().run(copy, opened('Tür $HOME `x`')), { kind: 'ok' });
    const environ = readFileSync(scratch.file('environ'), 'utf8').split('\0').filter(Boolean).toSorted();
    assert.deepEqual(environ, [
      'BUSSA_DOOR=Tür $HOME `x`',
      'BUSSA_EVENT=open',
      'BUSSA_IP=192.0.2.7',
      'BUSSA_PORTS=tcp/22, tcp/8080 forward',
      'BUSSA_PROOF=',
      'BUSSA_UNTIL=2026-01-02T03:04:05.006Z',
      'BUSSA_USER=',
      `PATH=${process.env.PATH}`,
    ]);
  });

  test('its arguments as they stand: no shell expands, splits or ends anything', async () => {
    using scratch = new Scratch();
    const words = [
      '$BUSSA_IP',
      '`id`',
      '$(id)',
      '*',
      '~',
      'a b',
      '',
      ';',
      '| cat',
      '>x',
      "'",
      '"',
      '\\',
      'ü',
    ];
    // The arguments are read where the kernel keeps them: `cp` does not touch those behind its own.
    const copy = `cp /proc/$$/cmdline '${scratch.file('cmdline')}'`;
    await runner().run(program('/bin/sh', '-c', copy, ...words), opened());
    const cmdline = readFileSync(scratch.file('cmdline'), 'utf8');
    assert.equal(cmdline, ['/bin/sh', '-c', copy, ...words, ''].join('\0'));
  });

  test('a shell if it asks for one, an empty input, and the directory of the runner', async () => {
    using scratch = new Scratch();
    const text = 'n=$(wc -c); echo "$BUSSA_DOOR $BUSSA_IP $n $(pwd)" > out';
    assert.deepEqual(await new HookRunner(scratch.path).run(shell(text), opened()), { kind: 'ok' });
    assert.equal(readFileSync(scratch.file('out'), 'utf8'), `ssh 192.0.2.7 0 ${scratch.path}\n`);
  });

  test('a program is looked for along the PATH', async () => {
    using scratch = new Scratch();
    writeFileSync(scratch.file('tell'), '#!/bin/sh\necho told >&2; exit 3\n', { mode: 0o755 });
    await using child = startModule(
      `import { HookRunner } from '${moduleOf('host/process/hook-runner.ts')}';
       process.env.PATH = process.argv[1] + '${delimiter}' + process.env.PATH;
       const hook = { kind: 'argv', argv: ['tell'] };
       console.log(JSON.stringify(await new HookRunner('/').run(hook, { event: 'start' })));`,
      scratch.path,
    );
    await child.exited;
    const failure = { kind: 'status', status: 3 };
    assert.deepEqual(JSON.parse(child.output), { kind: 'failed', failure, lastErrorLine: 'told' });
  });
});

describe('how a hook ends', () => {
  test('well, with a status, by a signal', async () => {
    const hooks = runner();
    assert.deepEqual(await hooks.run(program('true'), opened()), { kind: 'ok' });
    assert.deepEqual(await hooks.run(shell('echo a >&2; echo b >&2; exit 3'), opened()), {
      kind: 'failed',
      failure: { kind: 'status', status: 3 },
      lastErrorLine: 'b',
    });
    assert.deepEqual(await hooks.run(shell('kill -9 $$'), opened()), {
      kind: 'failed',
      failure: { kind: 'signal', signal: 'SIGKILL' },
    });
  });

  test('a program that is not there, not executable, or given a zero byte', async () => {
    using scratch = new Scratch();
    writeFileSync(scratch.file('plain'), 'x', { mode: 0o644 });
    const cases = [
      [program('/no/such/program'), /\/no\/such\/program ENOENT/],
      [program('no-such-program-anywhere'), /no-such-program-anywhere ENOENT/],
      [program(scratch.file('plain')), /EACCES/],
      [program('echo', '\0'), /null bytes/],
    ] as const;
    for (const [hook, reason] of cases) {
      const result = await runner().run(hook, opened());
      assert.ok(result.kind === 'failed' && result.failure.kind === 'not-started', JSON.stringify(result));
      assert.match(result.failure.reason, reason);
    }
  });

  test('what it leaves behind when it ends in time lives on and delays nothing', async () => {
    using scratch = new Scratch();
    const result = await runner().run(shell(`sleep 60 & echo $! > '${scratch.file('pid')}'`), opened());
    assert.deepEqual(result, { kind: 'ok' });
    const pid = Number(readFileSync(scratch.file('pid'), 'utf8'));
    assert.equal(lives(pid), true);
    process.kill(pid, 'SIGKILL');
  });
});

describe('the limits of a hook', () => {
  test('are 30 s, 5 s more, 64 KiB; 16 at one time, 1,024 waiting', () => {
    assert.deepEqual(DEFAULT_HOOK_LIMITS, { timeMs: 30_000, graceMs: 5_000, outputBytes: 65_536 });
    const { running, waiting } = DEFAULT_HOOK_RUNNER_LIMITS;
    assert.deepEqual([running, waiting], [16, 1_024]);
  });

  test('time: it is asked to end and its children too, and has failed even if it then ends well', async () => {
    using scratch = new Scratch();
    const text = `trap 'exit 0' TERM; sleep 60 & echo $! > '${scratch.file('pid')}'; wait`;
    const started = performance.now();
    const result = await runner({ ...SHORT, graceMs: 20_000 }).run(shell(text), opened());
    assert.ok(performance.now() - started < 10_000, 'no more of the grace is waited for than is needed');
    assert.deepEqual(result, { kind: 'failed', failure: { kind: 'timed-out', timeMs: 300 } });
    assert.equal(lives(Number(readFileSync(scratch.file('pid'), 'utf8'))), false);
  });

  test('time: what ignores SIGTERM is killed, grandchildren whose parent has gone too', async () => {
    using scratch = new Scratch();
    // A grandchild that ignores the signal and holds the standard error open, below a child that is gone.
    const stubborn = `trap "" TERM; echo $$ >> ${scratch.file('pids')}; echo stubborn >&2; while :; do sleep 60; done`;
    const text = `(sh -c '${stubborn}' &) ; echo $$ >> ${scratch.file('pids')}; sleep 60`;
    const started = performance.now();
    const result = await runner(SHORT).run(shell(text), opened());
    assert.ok(performance.now() - started >= 600, 'the grace is given');
    const failure = { kind: 'timed-out', timeMs: 300 } as const;
    assert.deepEqual(result, { kind: 'failed', failure, lastErrorLine: 'stubborn' });
    const pids = readFileSync(scratch.file('pids'), 'utf8').trim().split('\n').map(Number);
    assert.equal(pids.length, 2);
    await gone(pids);
  });

  test('output: one that floods its standard error is ended, and the last line is of what came first', async () => {
    const result = await runner().run(shell('echo flood >&2; yes line >&2'), opened());
    const failure = { kind: 'too-much-output', outputBytes: 65_536 } as const;
    assert.ok(result.kind === 'failed');
    assert.deepEqual(result.failure, failure);
    assert.match(result.lastErrorLine ?? '', /^l?i?n?e?$/);
  });

  test('output: as much as the limit is no flood, nor is any amount on the standard output', async () => {
    const text = 'head -c 65536 /dev/zero >&2; head -c 1000000 /dev/zero';
    assert.deepEqual(await runner().run(shell(text), opened()), { kind: 'ok' });
    const more = 'head -c 65537 /dev/zero >&2; sleep 60';
    const result = await runner().run(shell(more), opened());
    assert.ok(result.kind === 'failed' && result.failure.kind === 'too-much-output', JSON.stringify(result));
  });
});

describe('many hooks', () => {
  const gated = (name: string): Hook =>
    shell(`mkfifo ${name}; echo begin ${name} >> log; read -r line < ${name}; echo end ${name} >> log`);
  const open = async (hooks: HookRunner, name: string, key: string): Promise<void> => {
    assert.deepEqual(await hooks.run(shell(`echo > ${name}`), opened(key)), { kind: 'ok' });
  };
  const limits = { ...DEFAULT_HOOK_RUNNER_LIMITS, running: 2, waiting: 2 };

  test('so many run, so many wait, the others are refused and counted', async () => {
    using scratch = new Scratch();
    await using lines: Program = follow(scratch.file('log'));
    const hooks = new HookRunner(scratch.path, limits);
    const opener = new HookRunner(scratch.path);
    const results = ['a', 'b', 'c', 'd'].map((name) => hooks.run(gated(name), opened(name)));
    assert.deepEqual(await hooks.run(gated('e'), opened('e')), { kind: 'refused', why: 'full' });
    assert.deepEqual(await hooks.run(gated('f'), { event: 'start' }), { kind: 'refused', why: 'full' });
    assert.equal(hooks.refused, 2);
    await lines.saw(/begin [ab]/g, 2);
    assert.equal(lines.count(/begin [cd]/g), 0);
    await open(opener, 'b', 'b');
    await lines.saw(/begin c/);
    await open(opener, 'c', 'c');
    await lines.saw(/begin d/);
    await open(opener, 'a', 'a');
    await open(opener, 'd', 'd');
    assert.deepEqual(
      (await Promise.all(results)).map(({ kind }) => kind),
      ['ok', 'ok', 'ok', 'ok'],
    );
    assert.equal(existsSync(scratch.file('e')), false);
  });

  test('those of one source and door run in order, and hold up no others', async () => {
    using scratch = new Scratch();
    await using lines: Program = follow(scratch.file('log'));
    const hooks = new HookRunner(scratch.path, { ...limits, waiting: 9 });
    const first = hooks.run(gated('a'), opened('ssh'));
    const second = hooks.run(shell('echo close >> log'), {
      ...opened('ssh'),
      event: 'close',
    } as HookOccasion);
    await lines.saw(/begin a/);
    const others = await Promise.all([
      hooks.run(shell('echo other door >> log'), opened('web')),
      hooks.run(shell('echo other source >> log'), opened('ssh', '192.0.2.8')),
      hooks.run(shell('echo daemon >> log'), { event: 'stop' }),
    ]);
    assert.deepEqual(
      others.map(({ kind }) => kind),
      ['ok', 'ok', 'ok'],
    );
    await lines.saw(/daemon/);
    assert.equal(lines.count(/close/g), 0);
    await open(hooks, 'a', 'gate');
    await Promise.all([first, second]);
    await lines.saw(/end a\nclose\n/);
  });

  test('at the end of the daemon those that wait run too', async () => {
    using scratch = new Scratch();
    await using lines: Program = follow(scratch.file('log'));
    const hooks = new HookRunner(scratch.path, { ...limits, running: 1 });
    const all = ['a', 'b', 'c'].map((name) => hooks.run(shell(`echo ${name} >> log`), opened(name)));
    await hooks.settle();
    assert.deepEqual(await Promise.all(all), [{ kind: 'ok' }, { kind: 'ok' }, { kind: 'ok' }]);
    await lines.saw(/a\nb\nc\n/);
  });

  test('those that wait too long for the end of the daemon are refused, those that run are waited for', async () => {
    using scratch = new Scratch();
    await using lines: Program = follow(scratch.file('log'));
    const hooks = new HookRunner(scratch.path, { ...limits, running: 1, settleMs: 1 });
    const running = hooks.run(gated('a'), opened('a'));
    const waiting = [hooks.run(gated('b'), opened('b')), hooks.run(gated('c'), opened('c'))];
    await lines.saw(/begin a/);
    const settled = hooks.settle();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await open(new HookRunner(scratch.path), 'a', 'a');
    await settled;
    assert.deepEqual(await running, { kind: 'ok' });
    assert.deepEqual(await Promise.all(waiting), [
      { kind: 'refused', why: 'ended' },
      { kind: 'refused', why: 'ended' },
    ]);
    assert.equal(hooks.refused, 2);
    assert.deepEqual(await hooks.run(shell('echo stopped >> log'), { event: 'stop' }), { kind: 'ok' });
    await lines.saw(/stopped/);
    assert.equal(lines.count(/begin [bc]/g), 0);
  });

  test('one that cannot be started gives its place back', async () => {
    const hooks = new HookRunner('/', { ...limits, running: 1 });
    assert.equal((await hooks.run(program('/no/such/program'), opened())).kind, 'failed');
    assert.equal((await hooks.run(program('true'), opened())).kind, 'ok');
  });
});

/** A process that has been killed is gone in a moment; none of it lives after that. */
async function gone(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (pids.some(lives)) {
    assert.ok(performance.now() < deadline, `${pids.filter(lives).join(' ')} live still`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
