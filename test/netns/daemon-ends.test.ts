/**
 * How the daemon does not begin, and how it ends: exit statuses, what is said, and that the doors close.
 *
 *     one namespace, loopback only
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { C_KNOCK, KNOCKD, knockdCommand, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import { follow, type Program } from '../lab/program.ts';

const DOOR = '[door]\n  sequence = 7000\n';
const LAUNCHER = join(import.meta.dirname, '../../bin/knockd');
const SOURCE = join(import.meta.dirname, '../../src/cli/knockd/knockd.ts');
const WITHOUT_NET_RAW = ['setpriv', '--bounding-set', '-net_raw', '--inh-caps', '-net_raw'] as const;

const closing = (done: string): string => `${DOOR}  start_command = echo open >> ${done}
  cmd_timeout   = 3600
  stop_command  = echo close >> ${done}\n`;

/** The daemon with the test's file bug.mjs loaded beside it. */
function withBug(directory: WorkDirectory, config: string): [string, ...string[]] {
  const options = knockdCommand(directory, config).slice(KNOCKD.length);
  return [process.execPath, '--import', directory.file('bug.mjs'), SOURCE, ...options];
}

/** Starts and waits for the end. */
async function ended(
  namespace: Namespace,
  ...command: readonly string[]
): Promise<{ code: number | null; output: string }> {
  const [program = '', ...args] = command;
  await using running: Program = namespace.start(program, ...args);
  const { code } = await running.exited;
  return { code, output: running.output };
}

describe('a daemon that cannot begin', { concurrency: 3 }, () => {
  test('mistakes in the configuration: all of them, 78, and before anything that takes a capability', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const bad = '[a]\n  sequence = 7000,abc\n  colour = red\n[a]\n  sequence = 70000\n';
    for (const prefix of [[], WITHOUT_NET_RAW]) {
      const { code, output } = await ended(namespace, ...prefix, ...knockdCommand(directory, bad));
      assert.equal(code, 78, output);
      for (const place of ['2:19', '3:3', '4:', '5:'])
        assert.match(output, new RegExp(`knockd\\.conf:${place}`));
      assert.doesNotMatch(output, /CAP_NET_RAW|listening/);
    }
    assert.equal(existsSync(directory.file('leases.db')), false);
  });

  test('without CAP_NET_RAW: 77, and the capability has a name', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const command = knockdCommand(directory, DOOR);
    for (const options of [[], ['-d', '-p', directory.file('pid')]]) {
      const { code, output } = await ended(namespace, ...WITHOUT_NET_RAW, ...command, ...options);
      assert.equal(code, 77, output);
      assert.match(output, /needs the capability CAP_NET_RAW.*: start it as root, or /);
      assert.equal(output.trimEnd().split('\n').length, 1, output);
    }
    assert.equal(existsSync(directory.file('pid')), false);
  });

  test('mistakes in the arguments: 2', async () => {
    await using namespace = await Namespace.create();
    for (const args of [['--colour'], ['-c'], ['stray'], ['-i', 'a/b'], ['-c', '']]) {
      const { code, output } = await ended(namespace, ...KNOCKD, ...args);
      assert.equal(code, 2, output);
      assert.match(output, /^knockd: .+\nusage: knockd \[options\]\nTry 'knockd --help'\.\n$/);
    }
  });

  test('another one watches with the same configuration: 1, its number, and the first one lives on', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    await using first = await startKnockd(namespace, directory, DOOR);
    const { code, output } = await ended(namespace, ...knockdCommand(directory, DOOR));
    assert.equal(code, 1, output);
    assert.match(output, new RegExp(`^knockd: cannot start: process ${first.pid} already runs with`, 'm'));
    assert.equal(first.running, true);
    assert.equal((await first.stop()).code, 0);
  });

  test('SIGUSR1 from the first moment on, through the launcher: no debugger, no end', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const [, ...options] = knockdCommand(directory, DOOR).slice(KNOCKD.length - 1);
    await using knockd = namespace.start(LAUNCHER, ...options);
    // Not to the `ip` that has not become the launcher yet, and whose own end this would be.
    const isThere = (): boolean => readFileSync(`/proc/${knockd.pid}/cmdline`, 'utf8').includes('knockd.ts');
    while (!isThere()) await new Promise(setImmediate);
    let sent = 0;
    while (knockd.running && knockd.count(/listening on .*\n/g) === 0) {
      knockd.signal('SIGUSR1');
      sent++;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(sent > 10, `${sent} signals`);
    await knockd.saw(/listening on/);
    knockd.signal('SIGUSR1');
    await namespace.run(C_KNOCK, '127.0.0.1', '7000');
    await knockd.saw(/door: OPEN SESAME/);
    assert.equal((await namespace.run('ss', '-Hltn')).trim(), '');
    assert.doesNotMatch(knockd.output, /[Dd]ebugger/);
    assert.equal((await knockd.stop()).code, 0);
  });
});

describe('a daemon that ends', { concurrency: 3 }, () => {
  test('at once, though commands have left programs behind that hold their standard error open', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const config =
      '[door]\n  sequence = 7000\n  command = sleep 1000 &\n[slow]\n  sequence = 7001\n  command = sleep 1000\n';
    await using knockd = await startKnockd(namespace, directory, config);
    await namespace.run(C_KNOCK, '127.0.0.1', '7000', '7001');
    await knockd.saw(/slow: running command/);
    assert.deepEqual(await knockd.stop('SIGTERM', 5000), { code: 0, signal: null });
  });

  test('a bug in the daemon: the doors close, it says so, 70', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    await using lines = follow(done);
    const command = withBug(directory, closing(done));
    writeFileSync(
      directory.file('bug.mjs'),
      "process.on('SIGUSR2', () => { throw new Error('a bug made by the test'); })",
    );
    await using knockd = namespace.start(...command);
    await knockd.saw(/listening on/);
    await namespace.run(C_KNOCK, '127.0.0.1', '7000');
    await lines.saw(/^open$/m);
    knockd.signal('SIGUSR2');
    assert.deepEqual(await knockd.exited, { code: 70, signal: null });
    assert.match(knockd.output, /this is a bug in Bussa.*a bug made by the test/);
    assert.equal(readFileSync(done, 'utf8'), 'open\nclose\n');
  });

  test('an unhandled system error: the doors close, with one sentence, no stack trace, and its own exit status', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    await using lines = follow(done);
    const command = withBug(directory, closing(done));
    writeFileSync(
      directory.file('bug.mjs'),
      "import { readdirSync } from 'node:fs'; process.on('SIGUSR2', () => readdirSync('/no/such/place'))",
    );
    await using knockd = namespace.start(...command);
    await knockd.saw(/listening on/);
    await namespace.run(C_KNOCK, '127.0.0.1', '7000');
    await lines.saw(/^open$/m);
    knockd.signal('SIGUSR2');
    assert.deepEqual(await knockd.exited, { code: 1, signal: null });
    assert.match(
      knockd.output,
      /the daemon exits: scandir on \/no\/such\/place failed: no such file or directory \(ENOENT\): make it/,
    );
    assert.doesNotMatch(knockd.output, /bug in Bussa|^\s+at /m);
    assert.equal(readFileSync(done, 'utf8'), 'open\nclose\n');
  });

  test('a bug in the way of the packets, met again at every look: the same', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    await using lines = follow(done);
    const command = withBug(directory, `${closing(done)}[worse]\n  sequence = 7001\n`);
    // The event log is met by every packet of a sequence.
    const bug = `import { EventLog } from '${new URL('../../src/app/daemon/reporting/event-log.ts', import.meta.url).href}';
      const { admits } = EventLog.prototype;
      EventLog.prototype.admits = function (kind, sort, now) {
        if (sort.startsWith('worse')) throw new Error('a bug made by the test');
        return admits.call(this, kind, sort, now);
      };`;
    writeFileSync(directory.file('bug.mjs'), bug);
    await using knockd = namespace.start(...command);
    await knockd.saw(/listening on/);
    await namespace.run(C_KNOCK, '127.0.0.1', '7000');
    await lines.saw(/^open$/m);
    await namespace.run(C_KNOCK, '127.0.0.1', '7001');
    assert.deepEqual(await knockd.exited, { code: 70, signal: null });
    assert.match(knockd.output, /this is a bug in Bussa/);
    assert.equal(readFileSync(done, 'utf8'), 'open\nclose\n');
  });

  test('its directory has been removed: commands run all the same', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    await using lines = follow(done);
    await namespace.run('mkdir', directory.file('here'));
    const command = knockdCommand(directory, closing(done));
    await using knockd = namespace.start(
      'sh',
      '-c',
      'cd "$0" && exec "$@"',
      directory.file('here'),
      ...command,
    );
    await knockd.saw(/listening on/);
    rmdirSync(directory.file('here'));
    await namespace.run(C_KNOCK, '127.0.0.1', '7000');
    await lines.saw(/^open$/m);
    assert.equal((await knockd.stop()).code, 0);
    assert.equal(readFileSync(done, 'utf8'), 'open\nclose\n');
  });
});

describe('a reload', { concurrency: 3 }, () => {
  test('names another pid file: the one that was written goes with the daemon', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const [log, one, two] = ['log', 'one', 'two'].map((name) => directory.file(name)) as [
      string,
      string,
      string,
    ];
    const config = (pidFile: string): string => `[options]\n  PidFile = ${pidFile}\n${DOOR}`;
    await using parent = namespace.start(...knockdCommand(directory, config(one), '-d', '-g', log));
    assert.equal((await parent.exited).code, 0, parent.output);
    const pid = Number(readFileSync(one, 'utf8'));
    await using lines = follow(log);
    directory.file('knockd.conf', config(two));
    process.kill(pid, 'SIGHUP');
    await lines.saw(/re-opening log file/);
    process.kill(pid, 'SIGTERM');
    await lines.saw(/shutting down/);
    while ((await namespace.pids()).includes(pid));
    assert.deepEqual([existsSync(one), existsSync(two)], [false, false]);
  });

  test('a filter that the kernel does not take: refused with the reason, and the old doors stay', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(namespace, directory, DOOR);
    await namespace.run('sysctl', '-w', 'net.core.optmem_max=512');
    const ports = Array.from({ length: 60 }, (_, n) => 1000 * (n + 1));
    directory.file('knockd.conf', `[new]\n  sequence = ${ports.join(',')}\n`);
    knockd.signal('SIGHUP');
    await knockd.saw(/SO_ATTACH_FILTER.*ENOMEM/);
    await knockd.saw(/the new configuration in .* was rejected \(see above\)/);
    await namespace.run(C_KNOCK, '127.0.0.1', '7000');
    await knockd.saw(/door: OPEN SESAME/);
    assert.equal((await knockd.stop()).code, 0);
  });
});
