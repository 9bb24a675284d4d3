/**
 * What the daemon may do when it runs: of each of its threads, as the kernel has it.
 *
 *     client                          server
 *     eth0 10.7.0.2 (knocks)    ────  eth0 10.7.0.1, knockd
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { C_KNOCK, KNOCKD, knockdCommand, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { follow, Program } from '../lab/program.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { withMounts } from './mount-prefixes.ts';
import {
  CAP_DAC_OVERRIDE,
  CAP_NET_ADMIN,
  CAP_NET_RAW,
  type ThreadPrivileges,
  threadPrivileges,
} from './thread-privileges.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NOBODY = 65_534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
const TWO = CAP_NET_ADMIN | CAP_NET_RAW;

const native = (more = ''): string => `[ssh]
  sequence = 7000,8000
  open     = tcp/22
  open_for = 2
${more}`;

const HOOK = '  on_open = /bin/true\n';

function assertThreads(pid: number, wanted: Partial<ThreadPrivileges>): void {
  const threads = threadPrivileges(pid);
  assert.ok(threads.length > 1, 'Node.js has several threads');
  for (const thread of threads) assert.deepEqual({ ...thread, ...wanted }, thread);
}

const masks = (kept: bigint): Partial<ThreadPrivileges> => ({
  CapInh: 0n,
  CapPrm: kept,
  CapEff: kept,
  CapBnd: kept,
  CapAmb: 0n,
  noNewPrivileges: true,
});

describe('least privilege', { concurrency: 2 }, () => {
  test('root, firewall doors: the two capabilities in every thread, all functions, and a reload with commands refused', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const log = directory.file('log');
    await using knockd = await startKnockd(wire.server, directory, native(), '-g', log);
    assertThreads(knockd.pid, masks(TWO));
    await wire.client.run(C_KNOCK, SERVER, '7000', '8000');
    await knockd.saw(/10\.7\.0\.2: ssh: closed tcp\/22/);
    assertThreads(knockd.pid, masks(TWO));

    for (const [config, what] of [
      [native('  start_command = /bin/true\n'), 'the commands of \\[ssh\\]'],
      [native(HOOK), 'the hooks of \\[ssh\\]'],
      [`[options]\n  on_stop = /bin/true\n${native()}`, 'the hooks of \\[options\\]'],
    ] as const) {
      const before = knockd.count(/was rejected \(see above\)/g);
      directory.file('knockd.conf', config);
      knockd.signal('SIGHUP');
      await knockd.saw(new RegExp(`it cannot run ${what}; restart the daemon to run them`));
      await knockd.saw(/was rejected \(see above\)/, before + 1);
    }
    directory.file('knockd.conf', native('[more]\n  sequence = 7100:udp\n  open = tcp/80\n  open_for = 1\n'));
    knockd.signal('SIGHUP');
    await knockd.saw(/re-opening log file/, 4);
    await wire.client.run(C_KNOCK, '-u', SERVER, '7100');
    await knockd.saw(/10\.7\.0\.2: more: closed tcp\/80/);
    assert.deepEqual(await knockd.stop(), { code: 0, signal: null });
  });

  test('-d: the same process that the pid file names, and the parent that waits for it', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const [log, pidFile] = [directory.file('log'), directory.file('pid')];
    const command = knockdCommand(directory, native(), '-d', '-g', log, '-p', pidFile);
    await using parent = wire.server.start(...command);
    assert.equal((await parent.exited).code, 0, parent.output);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    assert.deepEqual(await wire.server.pids(), [pid]);
    assertThreads(pid, masks(TWO));
    await using lines = follow(log);
    process.kill(pid, 'SIGTERM');
    await lines.saw(/shutting down/);
    await using gone = new Program('tail', ['-f', '/dev/null', `--pid=${pid}`]);
    await gone.exited;
    assert.throws(() => statSync(pidFile), { code: 'ENOENT' });
  });

  test('a configuration from a pipe is read as often as it takes', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const script = 'exec "$@" -c <(printf %s "$0")';
    const command = [...KNOCKD, '-v', '--state', directory.path];
    await using knockd = wire.server.start('bash', '-c', script, native(), ...command);
    await knockd.saw(/^listening on/m);
    assertThreads(knockd.pid, masks(TWO));
    knockd.signal('SIGHUP');
    await knockd.saw(/^listening on/m, 2);
    await wire.client.run(C_KNOCK, SERVER, '7000', '8000');
    await knockd.saw(/ssh: opened tcp\/22/);
    assert.equal((await knockd.stop()).code, 0);
  });

  for (const [name, config] of [
    [
      'commands',
      '[c]\n  sequence = 7000:udp\n  start_command = umask >DIR/umask; touch DIR/made\n  stop_command = /bin/true\n',
    ],
    [
      'a hook',
      `[c]\n  sequence = 7000:udp\n  on_open = /bin/sh -c "umask >DIR/umask; touch DIR/made"\n  open = tcp/22\n  open_for = 60\n`,
    ],
  ] as const) {
    test(`${name}: everything is kept, the caller's umask too, and what is the daemon's own is nobody else's`, async () => {
      for (const umask of ['0000', '0022', '0077']) {
        await using wire = await Wire.create();
        using directory = new WorkDirectory();
        const log = directory.file('log');
        const command = knockdCommand(directory, config.replaceAll('DIR', directory.path), '-g', log);
        await using knockd = wire.server.start('sh', '-c', 'umask "$0"; exec "$@"', umask, ...command);
        await knockd.saw(/^listening on/m);
        const own = threadPrivileges(process.pid)[0] as ThreadPrivileges;
        assertThreads(knockd.pid, { CapPrm: own.CapPrm, CapBnd: own.CapBnd, noNewPrivileges: false });
        await using made = follow(directory.file('umask'));
        await wire.client.run(C_KNOCK, '-u', SERVER, '7000');
        await made.saw(new RegExp(`^${umask}$`, 'm'));
        await knockd.saw(/OPEN SESAME/);
        for (const file of globSync(`${directory.path}/tmp-*/**`)) {
          const stats = statSync(file);
          assert.equal(stats.mode & 0o7777, stats.isDirectory() ? 0o700 : 0o600, file);
        }
        assert.ok(globSync(`${directory.path}/tmp-*/leases.db-wal`).length === 1);
        assert.equal(statSync(log).mode & 0o7777, umask === '0077' ? 0o600 : 0o640);
        assert.equal((await knockd.stop()).code, 0);
        assert.equal(statSync(directory.file('made')).mode & 0o777, 0o666 & ~Number.parseInt(umask, 8));
      }
    });
  }

  test('a closing command that an earlier configuration has left is run with all that it was promised', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const status = directory.file('status');
    const door = `[old]\n  sequence = 7000:udp\n  start_command = echo up >>${directory.file('up')}\n  cmd_timeout = 600\n  stop_command = cat /proc/self/status >${status}\n`;
    {
      await using first = await startKnockd(wire.server, directory, door);
      await using ups = follow(directory.file('up'));
      await wire.client.run(C_KNOCK, '-u', SERVER, '7000');
      await ups.saw(/^up$/m);
      await first.stop('SIGKILL');
    }
    await using second = await startKnockd(wire.server, directory, native());
    await second.saw(/all privileges are kept: stop commands of an earlier configuration/);
    assert.equal((await second.stop()).code, 0);
    assert.match(readFileSync(status, 'utf8'), /^NoNewPrivs:\t0$/m);
    await using third = await startKnockd(wire.server, directory, native());
    assertThreads(third.pid, masks(TWO));
    assert.equal((await third.stop()).code, 0);
  });

  test('files that belong to somebody else keep root above their modes, and a line says which', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    mkdirSync(directory.file('theirs'), { mode: 0o700 });
    chownSync(directory.file('theirs'), NOBODY, NOBODY);
    const log = directory.file('theirs/log');
    await using knockd = await startKnockd(wire.server, directory, native(), '-g', log);
    await knockd.saw(/CAP_DAC_OVERRIDE is kept .* root cannot use .*theirs\/log: give it,/);
    assertThreads(knockd.pid, masks(TWO | CAP_DAC_OVERRIDE));
    knockd.signal('SIGHUP');
    await knockd.saw(/re-opening log file/);
    assert.equal((await knockd.stop()).code, 0);
    assert.match(readFileSync(log, 'utf8'), /shutting down/);
  });

  test('an ordinary user with file capabilities, or ambient ones: just these', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const node = directory.file('node');
    copyFileSync(`${ROOT}node_modules/.bin/node`, node);
    execFileSync('setcap', ['cap_net_raw,cap_net_admin+ep', node]);
    const file = directory.file('knockd.conf', native());
    for (const place of [directory.path, file]) chownSync(place, NOBODY, NOBODY);
    chmodSync(node, 0o755);
    const start = (mounts: readonly (readonly [string, string])[], ...words: readonly string[]): Program =>
      wire.server.start(
        ...(withMounts(mounts) as [string, ...string[]]),
        ...[...AS_NOBODY, ...words, '/mnt/bin/knockd', '-c', file, '-v', '--state', directory.path],
      );
    {
      await using capable = start([
        [ROOT, '/mnt'],
        [node, '/mnt/node_modules/.bin/node'],
      ]);
      await capable.saw(/^listening on/m);
      assertThreads(capable.pid, { CapPrm: TWO, CapEff: TWO, CapInh: 0n, CapAmb: 0n, noNewPrivileges: true });
      await wire.client.run(C_KNOCK, SERVER, '7000', '8000');
      await capable.saw(/ssh: opened tcp\/22/);
      assert.equal((await capable.stop()).code, 0);
    }
    await using ambient = start([[ROOT, '/mnt']], '--inh-caps=+net_raw', '--ambient-caps=+net_raw');
    await ambient.saw(/^listening on/m);
    assertThreads(ambient.pid, { CapPrm: CAP_NET_RAW, CapEff: CAP_NET_RAW, noNewPrivileges: true });
    assert.equal((await ambient.stop()).code, 0);
  });
});
