/**
 * `knockd -d` under a caller that waits for its pipes to end: a command substitution, a pipeline, ssh, Ansible.
 *
 *     one namespace, loopback only
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { C_KNOCK, knockdCommand, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import { follow } from '../lab/program.ts';

const INIT = join(import.meta.dirname, '../../packaging/knockd.init');
const DOOR = '[door]\n  sequence = 7000\n';
const BAD = '[door]\n  sequence = 7000,abc\n';

/** How callers wait for the end of what they have started. bash, for descriptors of two digits and more. */
const CALLERS: Readonly<Record<string, string>> = {
  'a command substitution': 'said=$("$@"); echo "status $?"; printf %s "$said"',
  'a command substitution, with the errors': 'said=$("$@" 2>&1); echo "status $?"; printf %s "$said"',
  'a pipeline': '"$@" | cat; echo "status $PIPESTATUS"',
  'a pipeline, with the errors': '"$@" 2>&1 | cat; echo "status $PIPESTATUS"',
  'a pipe at each of many descriptors':
    'said=$("$@" 2>&1 3>&1 7>&1 15>&1 16>&1 17>&1 40>&1 250>&1); echo "status $?"; printf %s "$said"',
};

type Told = { readonly status: number | undefined; readonly output: string };

/** Resolves when every pipe that the caller was given has come to its end, as a caller's caller would see it. */
async function callFrom(namespace: Namespace, script: string, ...command: readonly string[]): Promise<Told> {
  const args = ['netns', 'exec', namespace.name, 'bash', '-c', script, 'bash', ...command];
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, 60_000, false);
  child.once('close', () => resolve(true));
  assert.equal(await promise, true, `the caller's pipes stay open: ${output}`);
  clearTimeout(timer);
  const status = /^status (\d+)$/m.exec(output)?.[1];
  return { status: status === undefined ? undefined : Number(status), output };
}

/** What the process has open, but for what it has opened itself. */
function descriptors(pid: number): Map<number, string> {
  const directory = `/proc/${pid}/fd`;
  return new Map(readdirSync(directory).map((fd) => [Number(fd), readlinkSync(join(directory, fd))]));
}

async function stopAll(namespace: Namespace, pidFile: string): Promise<void> {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  process.kill(pid, 'SIGTERM');
  while ((await namespace.pids()).includes(pid));
}

describe('the caller of knockd -d', { concurrency: 3 }, () => {
  for (const [name, script] of Object.entries(CALLERS)) {
    test(`${name} ends when the daemon listens, and the daemon has nothing of it open`, async () => {
      await using namespace = await Namespace.create();
      using directory = new WorkDirectory();
      const [log, pidFile, kept] = ['log', 'pid', 'kept'].map((one) => directory.file(one)) as [
        string,
        string,
        string,
      ];
      const command = knockdCommand(directory, DOOR, '-d', '-v', '-g', log, '-p', pidFile);
      const { status, output } = await callFrom(
        namespace,
        `exec 60>"$KEPT"; ${script}`.replace('$KEPT', kept),
        ...command,
      );
      assert.equal(status, 0, output);
      const open = descriptors(Number(readFileSync(pidFile, 'utf8')));
      for (const fd of [0, 1, 2]) assert.equal(open.get(fd), '/dev/null');
      assert.deepEqual(
        [...open.values()].filter((path) => path === kept),
        [],
        'a file of the caller',
      );
      // It opens its log again at SIGHUP, and does not find the caller again.
      await using lines = follow(log);
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGHUP');
      await lines.saw(/re-opening log file/);
      await namespace.run(C_KNOCK, '127.0.0.1', '7000');
      await lines.saw(/door: OPEN SESAME/);
      await stopAll(namespace, pidFile);
    });

    test(`${name} learns why the daemon does not start, and its status`, async () => {
      await using namespace = await Namespace.create();
      using directory = new WorkDirectory();
      const command = knockdCommand(directory, BAD, '-d', '-p', directory.file('pid'));
      const { status, output } = await callFrom(namespace, script, ...command);
      assert.equal(status, 78, output);
      assert.match(output, /knockd\.conf:2:\d+: .*abc/);
      assert.deepEqual(await namespace.pids(), []);
    });
  }

  test('the init script, in a command substitution, returns', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const [program, ...options] = knockdCommand(directory, DOOR);
    const pidFile = directory.file('pid');
    const rest = options.slice(2).join(' ');
    const defaults = directory.file(
      'defaults',
      `START_KNOCKD=1\nDAEMON=${program}\nCONF=${directory.file('knockd.conf')}\nPIDFILE=${pidFile}\nKNOCKD_OPTS="${rest}"\n`,
    );
    const init = directory.file('init');
    writeFileSync(
      init,
      readFileSync(INIT, 'utf8').replace('DEFAULTS=/etc/default/knockd', `DEFAULTS=${defaults}`),
    );
    chmodSync(init, 0o755);
    const script = CALLERS['a command substitution, with the errors'] ?? '';
    const started = await callFrom(namespace, script, init, 'start');
    assert.equal(started.status, 0, started.output);
    assert.equal((await callFrom(namespace, script, init, 'status')).status, 0);
    const stopped = await callFrom(namespace, script, init, 'stop');
    assert.equal(stopped.status, 0, stopped.output);
    assert.deepEqual(await namespace.pids(), []);
  });
});
