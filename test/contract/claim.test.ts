import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  CLAIM_FAILED_STATUS,
  claimedCommand,
  dropClaim,
  type OnClaimFailure,
  readClaim,
  readClaimStatus,
  takeClaim,
} from '../../src/host/process/claim.ts';
import { runCommand } from '../../src/host/process/run-command.ts';
import { moduleOf, Scratch, startModuleOnDisk } from '../lab/child-module.ts';
import { follow, Program } from '../lab/program.ts';

/** Command texts, what each leaves in the file `out`, and the status it ends with. */
const TEXTS: readonly (readonly [name: string, command: string, out: string, status: number])[] = [
  ['plain', 'echo a > out', 'a\n', 0],
  ['quotes', `echo "it's" 'a "b"' > out`, `it's a "b"\n`, 0],
  ['several lines', 'echo a > out\necho b >> out', 'a\nb\n', 0],
  ['a comment at the end', 'echo a > out # and that is all', 'a\n', 0],
  ['a here-document', 'cat > out <<END\na $((1+1))\nEND', 'a 2\n', 0],
  ['a status', 'echo a > out; exit 3', 'a\n', 3],
  ['a failing last command', 'echo a > out; false', 'a\n', 1],
  ['exec', `exec sh -c 'echo a > out; exit 4'`, 'a\n', 4],
  ['exit in the middle', 'echo a > out; exit 0; echo b >> out', 'a\n', 0],
  ['a mistake in the syntax', 'echo a > out; if', '', 2],
  ['a bracket too many', 'echo a > out; ) ; echo b >> out', '', 2],
  ['an open quote', `echo 'a > out`, '', 2],
  ['set -e', 'set -e; echo a > out; false; echo b >> out', 'a\n', 1],
  ['a trap of its own', `trap 'echo trapped >> out' EXIT; echo a > out`, 'a\ntrapped\n', 0],
  ['a trap taken away', 'trap - EXIT; echo a > out', 'a\n', 0],
  ['a job in the background', 'echo a > out; sleep 30 > /dev/null 2>&1 &\necho $! > pid', 'a\n', 0],
  ['a file overwritten', 'echo a > out; echo b > out', 'b\n', 0],
  ['arguments', 'echo "$#" > out', '0\n', 0],
  ['a backslash at the end', 'echo a > out \\', 'a \\\n', 0],
  ['a process ended by a signal', `sh -c 'kill -KILL $$'; s=$?; echo $s > out; exit $s`, '137\n', 137],
  ['nothing', '', '', 0],
  ['blanks', ' \t\n', '', 0],
];

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

async function run(scratch: Scratch, text: string): Promise<number | null> {
  await using shell = new Program('sh', ['-c', 'cd "$0" && exec sh -c "$1"', scratch.path, text]);
  return (await shell.exited).code;
}

describe('a command behind a claim', () => {
  for (const [name, command, out, status] of TEXTS) {
    test(`${name}: does what it does without one, and its end is written down`, async () => {
      using scratch = new Scratch();
      const plain = await run(scratch, command);
      assert.equal(plain, status, 'without a claim');
      assert.equal(read(scratch.file('out')), out);
      using other = new Scratch();
      const claim = other.file("it's a claim");
      assert.equal(await run(other, claimedCommand(claim, command, 'refuse')), status);
      assert.equal(read(other.file('out')), out);
      // Not by itself: whether it has done all its work nobody knows.
      assert.equal(readClaim(claim), status === 137 ? 'cut-off' : 'ended');
      assert.equal(readClaimStatus(claim), status === 137 ? undefined : status);
      assert.equal(await run(other, claimedCommand(claim, 'echo again > out', 'run')), 0);
      assert.equal(read(other.file('out')), out, 'a second time it does not run');
      for (const place of [scratch, other]) {
        const job = read(place.file('pid'));
        if (job !== '') process.kill(Number(job));
      }
    });
  }

  test('one line on the standard error is still the last one', async () => {
    using scratch = new Scratch();
    const outcome = await runCommand(
      claimedCommand(scratch.file('c'), 'echo first >&2; echo last >&2; exit 5', 'refuse'),
      '/',
    );
    assert.deepEqual(outcome, {
      kind: 'failed',
      failure: { kind: 'status', status: 5 },
      lastErrorLine: 'last',
    });
  });

  test('of many at once only one runs', async () => {
    using scratch = new Scratch();
    const claim = scratch.file('c');
    const out = scratch.file('out');
    const text = claimedCommand(claim, `echo ran >> '${out}'`, 'run');
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => runCommand(text, '/')));
    assert.ok(outcomes.every((outcome) => outcome.kind === 'ok'));
    assert.equal(readFileSync(out, 'utf8'), 'ran\n');
  });

  test('what this process has claimed no command runs', async () => {
    using scratch = new Scratch();
    const claim = scratch.file('c');
    assert.equal(takeClaim(claim), true);
    assert.equal(takeClaim(claim), false);
    for (const without of ['refuse', 'run'] as const) {
      assert.deepEqual(
        await runCommand(claimedCommand(claim, `touch '${scratch.file('out')}'`, without), '/'),
        { kind: 'ok' },
      );
    }
    assert.equal(existsSync(scratch.file('out')), false);
  });
});

describe('what a claim shows', () => {
  test('unclaimed, running, ended, and again unclaimed', async () => {
    using scratch = new Scratch();
    const claim = scratch.file('c');
    assert.equal(readClaim(claim), 'unclaimed');
    await using shell = new Program('/bin/sh', [
      '-c',
      claimedCommand(claim, 'echo begun; read -r line', 'refuse'),
    ]);
    await shell.saw(/begun/);
    assert.equal(readClaim(claim), 'running');
    shell.write('\n');
    assert.equal((await shell.exited).code, 0);
    assert.equal(readClaim(claim), 'ended');
    dropClaim(claim);
    dropClaim(claim);
    assert.equal(readClaim(claim), 'unclaimed');
  });

  test('running also while the command has put another program in the place of its shell', async () => {
    using scratch = new Scratch();
    const claim = scratch.file('c');
    await using shell = new Program('/bin/sh', [
      '-c',
      claimedCommand(claim, 'echo begun; exec sh -c "read -r line"', 'refuse'),
    ]);
    await shell.saw(/begun/);
    assert.equal(readClaim(claim), 'running');
    shell.write('\n');
    await shell.exited;
    assert.equal(readClaim(claim), 'ended');
  });

  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGHUP'] as const) {
    test(`cut off by ${signal} in the middle`, async () => {
      using scratch = new Scratch();
      const claim = scratch.file('c');
      await using shell = new Program('/bin/sh', [
        '-c',
        claimedCommand(claim, 'echo begun; read -r line', 'refuse'),
      ]);
      await shell.saw(/begun/);
      assert.equal((await shell.stop(signal)).signal, signal);
      assert.equal(readClaim(claim), 'cut-off');
    });
  }

  test('cut off before its number was written, or in the middle of it', () => {
    using scratch = new Scratch();
    const claim = scratch.file('c');
    for (const text of ['', '12', 'x\n']) {
      writeFileSync(claim, text);
      assert.equal(readClaim(claim), 'cut-off', JSON.stringify(text));
    }
  });

  test('cut off, though another process has the number now', () => {
    using scratch = new Scratch();
    const claim = scratch.file('c');
    writeFileSync(claim, `${process.pid}\n`);
    assert.equal(readClaim(claim), 'cut-off');
  });
});

describe('where no claim can be made', () => {
  const cases: readonly (readonly [OnClaimFailure, string, number])[] = [
    ['refuse', '', CLAIM_FAILED_STATUS],
    ['run', 'ran\n', 0],
  ];
  for (const [without, out, status] of cases) {
    test(`no directory: ${without}`, async () => {
      using scratch = new Scratch();
      const claim = scratch.file('no/such/c');
      const text = claimedCommand(claim, `echo ran > '${scratch.file('out')}'`, without);
      const outcome = await runCommand(text, '/');
      assert.equal(read(scratch.file('out')), out);
      assert.equal(outcome.kind, status === 0 ? 'ok' : 'failed');
      if (outcome.kind === 'ok') return;
      assert.deepEqual(outcome.failure, { kind: 'status', status });
      assert.match(
        outcome.lastErrorLine ?? '',
        /^cannot create the claim .*no\/such\/c, so the command is not run$/,
      );
    });

    test(`a full disk: ${without}`, async () => {
      using scratch = new Scratch();
      using outside = new Scratch();
      await using child = startModuleOnDisk(
        { size: '64k', mountPoint: scratch.path },
        `import { claimedCommand } from '${moduleOf('host/process/claim.ts')}';
         import { runCommand } from '${moduleOf('host/process/run-command.ts')}';
         import { writeFileSync } from 'node:fs';
         const [, disk, out, without] = process.argv;
         try { writeFileSync(disk + '/fill', Buffer.alloc(1e6)); } catch (error) { console.log(error.code); }
         const text = claimedCommand(disk + '/claim', "echo ran > '" + out + "'", without);
         console.log(JSON.stringify(await runCommand(text, '/')));`,
        scratch.path,
        outside.file('out'),
        without,
      );
      await child.exited;
      assert.match(child.output, /^ENOSPC\n/);
      assert.match(child.output, status === 0 ? /"ok"/ : new RegExp(`"status":${status}`));
      assert.equal(read(outside.file('out')), out);
    });
  }

  test('a full disk by the time the command ends: its status and its last words stay its own', async () => {
    using scratch = new Scratch();
    await using child = startModuleOnDisk(
      { size: '64k', mountPoint: scratch.path },
      `import { claimedCommand } from '${moduleOf('host/process/claim.ts')}';
       import { runCommand } from '${moduleOf('host/process/run-command.ts')}';
       const [, disk] = process.argv;
       const fill = 'dd if=/dev/zero of=' + disk + '/fill 2>/dev/null; ';
       for (const end of ['true', 'echo mine >&2; exit 6']) {
         console.log(JSON.stringify(await runCommand(claimedCommand(disk + '/' + end.length, fill + end, 'refuse'), '/')));
         await runCommand('rm ' + disk + '/fill', '/');
       }`,
      scratch.path,
    );
    await child.exited;
    assert.equal(
      child.output,
      '{"kind":"ok"}\n{"kind":"failed","failure":{"kind":"status","status":6},"lastErrorLine":"mine"}\n',
    );
  });
});

describe('a claim that is followed', () => {
  test('"done" comes after the command has ended', async () => {
    using scratch = new Scratch();
    const claim = scratch.file('c');
    await using lines = follow(claim);
    const running = runCommand(
      claimedCommand(claim, `cat '${claim}' > '${scratch.file('seen')}'`, 'run'),
      '/',
    );
    await lines.saw(/done/);
    await running;
    assert.match(readFileSync(scratch.file('seen'), 'utf8'), /^[0-9]+\n$/);
  });
});
