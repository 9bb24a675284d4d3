import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { CommandRunner } from '../../src/host/process/command-runner.ts';
import { type CommandOutcome, runCommand } from '../../src/host/process/run-command.ts';
import { moduleOf, Scratch, startModule } from '../lab/child-module.ts';
import { follow, Program } from '../lab/program.ts';

const failed = (status: number, lastErrorLine?: string): CommandOutcome => ({
  kind: 'failed',
  failure: { kind: 'status', status },
  ...(lastErrorLine === undefined ? {} : { lastErrorLine }),
});

describe('the outcome of a command', () => {
  const cases: readonly (readonly [command: string, outcome: CommandOutcome])[] = [
    ['true', { kind: 'ok' }],
    ['echo loud but well >&2', { kind: 'ok' }],
    ['exit 1', failed(1)],
    ['exit 255', failed(255)],
    ['exit 128', failed(128)],
    ['echo first >&2; echo last >&2; exit 3', failed(3, 'last')],
    ['printf "no line end" >&2; exit 3', failed(3, 'no line end')],
    ['printf "first\\nlast\\n\\n  \\n" >&2; exit 3', failed(3, 'last')],
    ['echo to the output; exit 3', failed(3)],
    ['printf "\\377\\376\\000x\\n" >&2; exit 3', failed(3, '\ufffd\ufffd\0x')],
    ['kill -KILL $$', { kind: 'failed', failure: { kind: 'signal', signal: 'SIGKILL' } }],
    ["sh -c 'kill -SEGV $$'; exit $?", { kind: 'failed', failure: { kind: 'signal', signal: 'SIGSEGV' } }],
    ['exit 143', { kind: 'failed', failure: { kind: 'signal', signal: 'SIGTERM' } }],
  ];
  for (const [command, outcome] of cases) {
    test(command, async () => {
      const actual = await runCommand(command, '/');
      // A shell says on its own account that its program was killed.
      const { lastErrorLine: _, ...rest } = actual as CommandOutcome & { lastErrorLine?: string };
      assert.deepEqual(
        outcome.kind === 'failed' && outcome.failure.kind === 'signal' ? rest : actual,
        outcome,
      );
    });
  }

  test('much on the standard error: the end of it is kept', async () => {
    const flood = 'head -c 20000000 /dev/zero | tr "\\0" x >&2; echo >&2; echo the end >&2; exit 3';
    assert.deepEqual(await runCommand(flood, '/'), failed(3, 'the end'));
    const oneLine = await runCommand('head -c 100000 /dev/zero | tr "\\0" x >&2; exit 3', '/');
    assert.deepEqual(oneLine, failed(3, `${'x'.repeat(198)} … ${'x'.repeat(198)}`));
  });

  test('a program left behind that holds the standard error open delays nothing, and lives on', async () => {
    using scratch = new Scratch();
    const outcome = await runCommand(
      `sleep 60 & echo $! > '${scratch.file('pid')}'; echo last >&2; exit 3`,
      '/',
    );
    assert.deepEqual(outcome, failed(3, 'last'));
    // It would not be there any more if the outcome had waited for its end; kill throws if it is not.
    process.kill(Number(readFileSync(scratch.file('pid'), 'utf8')), 'SIGKILL');
  });

  test('in a separate session, without input, in the given directory', async () => {
    using scratch = new Scratch();
    const out = scratch.file('out');
    await runCommand(
      `{ cut -d' ' -f6 /proc/$$/stat; echo $$; readlink /proc/$$/fd/0; pwd; } > '${out}'`,
      scratch.path,
    );
    const [session, pid, input, directory] = readFileSync(out, 'utf8').split('\n');
    assert.deepEqual([session, input, directory], [pid, '/dev/null', scratch.path]);
  });
});

describe('a command that cannot be started', () => {
  const reasons: readonly (readonly [string, string, string | undefined, RegExp])[] = [
    ['longer than the system takes', `: ${'x'.repeat(200_000)}`, '/', /E2BIG/],
    ['with a zero byte', 'echo \0', '/', /null bytes/],
    ['in a directory that is not there', 'true', '/no/such/directory', /ENOENT/],
  ];
  for (const [name, command, directory, reason] of reasons) {
    test(name, async () => {
      const outcome = await runCommand(command, directory);
      assert.ok(outcome.kind === 'failed' && outcome.failure.kind === 'not-started', JSON.stringify(outcome));
      assert.match(outcome.failure.reason, reason);
    });
  }

  test('without a free file descriptor: an outcome, not the end of the daemon', async () => {
    await using child = new Program('sh', [
      '-c',
      'ulimit -n 64; exec "$0" "$@"',
      process.execPath,
      '--input-type=module',
      '--eval',
      `import { closeSync, openSync } from 'node:fs';
       import { runCommand } from '${moduleOf('host/process/run-command.ts')}';
       await runCommand('true');
       const taken = [];
       try { for (;;) taken.push(openSync('/dev/null')); } catch {}
       const outcome = await runCommand('true');
       for (const fd of taken) closeSync(fd);
       console.log(outcome.failure?.reason, (await runCommand('true')).kind);`,
    ]);
    assert.equal((await child.exited).code, 0, child.output);
    assert.equal(child.output, 'spawn on /bin/sh: EMFILE ok\n');
  });

  test('a working directory that has been removed is no hindrance', async () => {
    using scratch = new Scratch();
    await using child = startModule(
      `import { rmdirSync } from 'node:fs';
       import { CommandRunner } from '${moduleOf('host/process/command-runner.ts')}';
       process.chdir(process.argv[1]);
       rmdirSync(process.argv[1]);
       console.log((await new CommandRunner(undefined).close({ door: 'door', text: 'true' })).kind);`,
      scratch.path,
    );
    await child.exited;
    assert.equal(child.output, 'ok\n');
  });
});

describe('the command runner', () => {
  /** A command that says it has begun, and ends when its gate has been opened. */
  const gated = (scratch: Scratch, name: string): string =>
    `cd '${scratch.path}'; mkfifo ${name}; echo begin ${name} >> log; read -r line < ${name}; echo end ${name} >> log`;

  /** Opening a gate waits until its command reads it. */
  const open = (scratch: Scratch, name: string): Promise<CommandOutcome> =>
    runCommand(`echo > ${name}`, scratch.path);

  test('no more openings at one time than the limit, in order, and a place taken is seen', async () => {
    using scratch = new Scratch();
    await using lines = follow(scratch.file('log'));
    const runner = new CommandRunner('/', { running: 2, waiting: 2 });
    assert.equal(runner.hasRoom('door'), true);
    const outcomes = ['a', 'b', 'c'].map((name) => runner.open({ door: 'door', text: gated(scratch, name) }));
    assert.equal(runner.hasRoom('door'), true);
    outcomes.push(runner.open({ door: 'door', text: gated(scratch, 'd') }));
    assert.equal(runner.hasRoom('door'), false);
    await lines.saw(/begin [ab]/g, 2);
    assert.equal(lines.count(/begin [cd]/g), 0);
    await open(scratch, 'b');
    await lines.saw(/begin c/);
    assert.equal(lines.count(/begin d/g), 0);
    assert.equal(runner.hasRoom('door'), true);
    await open(scratch, 'c');
    await lines.saw(/begin d/);
    await open(scratch, 'a');
    await open(scratch, 'd');
    assert.ok((await Promise.all(outcomes)).every((outcome) => outcome.kind === 'ok'));
  });

  test('openings that hang hold up no closing, and closings are always taken', async () => {
    using scratch = new Scratch();
    await using lines = follow(scratch.file('log'));
    const runner = new CommandRunner('/', { running: 1, waiting: 1 });
    const hanging = [
      runner.open({ door: 'door', text: gated(scratch, 'a') }),
      runner.open({ door: 'door', text: gated(scratch, 'b') }),
    ];
    await lines.saw(/begin a/);
    assert.equal(runner.hasRoom('door'), false);
    const closings = await Promise.all(
      ['x', 'y', 'z'].map((name) => runner.close({ door: 'door', text: `: ${name}` })),
    );
    assert.ok(closings.every((outcome) => outcome.kind === 'ok'));
    assert.equal(lines.count(/begin b/g), 0, 'the opening hangs still');
    await open(scratch, 'a');
    await lines.saw(/begin b/);
    await open(scratch, 'b');
    await Promise.all(hanging);
  });

  test('openings of one door that hang leave the others their share', async () => {
    using scratch = new Scratch();
    await using lines = follow(scratch.file('log'));
    const runner = new CommandRunner('/', { running: 2, runningOfDoor: 1, waiting: 1 });
    const hanging = [
      runner.open({ door: 'one', text: gated(scratch, 'a') }),
      runner.open({ door: 'one', text: gated(scratch, 'b') }),
    ];
    await lines.saw(/begin a/);
    assert.equal(runner.hasRoom('one'), false);
    assert.equal(runner.hasRoom('other'), true);
    assert.equal((await runner.open({ door: 'other', text: 'true' })).kind, 'ok');
    await open(scratch, 'a');
    await lines.saw(/begin b/);
    await open(scratch, 'b');
    await Promise.all(hanging);
  });

  test('one that cannot be started gives its place back', async () => {
    const runner = new CommandRunner('/', { running: 1, waiting: 1 });
    assert.equal((await runner.open({ door: 'door', text: 'echo \0' })).kind, 'failed');
    assert.equal((await runner.open({ door: 'door', text: 'true' })).kind, 'ok');
  });
});
