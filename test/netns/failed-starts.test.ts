/**
 * A start that fails leaves the firewall as it found it; a daemon that dies of a bug leaves its doors shut; and one that
 * runs out of descriptors does neither. The causes are real: limits, disks, programs that do not exist.
 *
 *     client                          server
 *     eth0 10.7.0.2, stranger .3 ──── eth0 10.7.0.1, a service at 2222, knockd
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { repeats } from '../lab/effort.ts';
import { C_KNOCK, KNOCKD, knockdCommand, WorkDirectory } from '../lab/knockd.ts';
import type { Program } from '../lab/program.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { SmallDisk } from '../lab/small-disk.ts';
import { CLIENT, SERVER, STRANGER, Wire } from '../lab/wire.ts';

const SOURCE = join(import.meta.dirname, '../../src/cli/knockd/knockd.ts');
const PORT = 2222;
/** Numbers of descriptors by chance, beside the two that nothing and everything starts with. */
const LIMITS = repeats('BUSSA_LIMITS', { quick: 2, full: 8 });
const BUGS = repeats('BUSSA_BUGS', { quick: 2, full: 8 });
const config = (firewall: string): string =>
  `[options]\n  Firewall = ${firewall}\n[ssh]\n  sequence = 7000\n  open = tcp/${PORT}\n`;

/** What the owner has there: it is not Bussa's to touch. */
const OWNERS = 'add table inet owner; add chain inet owner input { type filter hook input priority 10; }';
const OWNERS_IPTABLES = ['-A', 'INPUT', '-p', 'udp', '--dport', '53', '-j', 'ACCEPT'] as const;

/** As the kernel has it, whoever put it there. */
const ruleset = async ({ server }: Wire): Promise<string> =>
  `${await server.run('nft', 'list', 'ruleset')}${await server.run('iptables-save')}`.replaceAll(
    /^#.*\n/gm,
    '',
  );

type Fixture = { readonly wire: Wire; readonly directory: WorkDirectory; readonly found: string };

async function openFixture(wire: Wire, directory: WorkDirectory, firewall: string): Promise<Fixture> {
  if (firewall === 'iptables') await wire.server.run('iptables', ...OWNERS_IPTABLES);
  else await wire.server.run('nft', OWNERS);
  return { wire, directory, found: await ruleset(wire) };
}

/** Resolves when it listens, or has ended; then ends it in order. Returns whether it has listened. */
async function startAndStop(program: Program): Promise<boolean> {
  const listened = await Promise.race([
    program.saw(/listening on .*\.\.\.\n/, 1, 60_000).then(() => true),
    program.exited.then(() => false),
  ]).catch((error: unknown) => {
    if (program.running) throw error;
    return false;
  });
  if (listened) assert.equal((await program.stop()).code, 0, program.output);
  else assert.notEqual((await program.exited).code, 0, program.output);
  return listened;
}

/** The start behind `prefix`, which sets the limits; whatever becomes of it, the firewall is the same afterwards. */
async function leavesAll(
  { wire, directory, found }: Fixture,
  firewall: string,
  prefix: readonly string[],
  what: string,
): Promise<boolean> {
  const command = knockdCommand(directory, config(firewall));
  await using program = wire.server.start(...([...prefix, ...command] as [string, ...string[]]));
  const listened = await startAndStop(program);
  assert.doesNotMatch(program.output, /bug in Bussa|^ {4}at /m, what);
  assert.equal(await ruleset(wire), found, `${what}: ${program.output}`);
  return listened;
}

/**
 * The daemon with a preload that breaks it: nothing of the product helps it to. It ends without keeping what Node.js has
 * compiled of the sources, so the preload does, for the next one.
 */
function withPreload(directory: WorkDirectory, firewall: string, breaks: string): [string, ...string[]] {
  const options = knockdCommand(directory, config(firewall)).slice(KNOCKD.length);
  const script = `import { flushCompileCache } from 'node:module';
const bug = () => {
  flushCompileCache();
  throw new Error('a bug made by the test');
};
${breaks}`;
  return [process.execPath, '--import', directory.file('bug.mjs', script), SOURCE, ...options];
}

const leftClosed = async ({ wire }: Fixture, firewall: string, directory: WorkDirectory): Promise<string> => {
  await using dead = wire.server.start(...knockdCommand(directory, config(firewall)));
  await dead.saw(/listening on/);
  dead.signal('SIGKILL');
  await dead.exited;
  return ruleset(wire);
};

describe('a start that fails leaves the firewall as it found it', { concurrency: 3 }, () => {
  for (const firewall of ['nftables', 'iptables', 'auto']) {
    test(`${firewall}: whatever number of descriptors it is given`, async (t) => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const stage = await openFixture(wire, directory, firewall);
      const random = seededRandom(t);
      const listened = new Set<boolean>();
      // From what Node.js itself cannot start with to what is enough.
      const between = Array.from({ length: LIMITS }, () => 23 + Math.floor(random() * 29));
      for (const limit of [22, ...between, 52]) {
        listened.add(await leavesAll(stage, firewall, ['prlimit', `--nofile=${limit}`], `nofile ${limit}`));
      }
      assert.deepEqual([...listened].sort(), [false, true], 'some must fail, and some not');
    });
  }

  test('what a dead daemon left closed stays so, byte for byte', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const stage = await openFixture(wire, directory, 'nftables');
    const found = await leftClosed(stage, 'nftables', directory);
    assert.match(found, /table inet bussa/);
    for (let limit = 22; limit <= 36; limit += 2) {
      const command = knockdCommand(directory, config('nftables'));
      await using program = wire.server.start('prlimit', `--nofile=${limit}`, ...command);
      // One that stands ends in order, and takes its part with it.
      if (await startAndStop(program)) break;
      assert.equal(await ruleset(wire), found, `nofile ${limit}: ${program.output}`);
    }
  });

  test('no process, no memory', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const stage = await openFixture(wire, directory, 'nftables');
    for (const mebibytes of [600, 800, 1000, 1500]) {
      await leavesAll(stage, 'nftables', ['prlimit', `--as=${mebibytes * 1_048_576}`], `${mebibytes} MiB`);
    }
    const caps = '+net_raw,+net_admin';
    // No other process has this number.
    const user = [
      'setpriv',
      '--reuid=61234',
      '--clear-groups',
      `--inh-caps=${caps}`,
      `--ambient-caps=${caps}`,
    ];
    // With 3 to 5, Node.js itself waits for ever for its threads.
    for (const limit of [1, 6, 7, 9, 12]) {
      const prefix = ['prlimit', `--nproc=${limit}`, ...user];
      const command = [
        process.execPath,
        SOURCE,
        ...knockdCommand(directory, config('nftables')).slice(KNOCKD.length),
      ];
      await using program = wire.server.start(...([...prefix, ...command] as [string, ...string[]]));
      await startAndStop(program);
      assert.equal(await ruleset(wire), stage.found, `nproc ${limit}: ${program.output}`);
    }
  });

  test('the machine says no to one step after the other', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const stage = await openFixture(wire, directory, 'iptables');
    const hidden = ['sh', '-c', 'mount --bind /dev/null "$0" && exec "$@"'];
    for (const program of ['iptables', 'iptables-restore', 'ip6tables', 'ipset']) {
      const path = (
        await wire.server.run('sh', '-c', `readlink -f "$(command -v ${program} || echo /none)"`)
      ).trim();
      if (path === '/none') continue;
      await leavesAll(stage, 'iptables', [...hidden, path], `without ${program}`);
    }
    await leavesAll(
      stage,
      'iptables',
      ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'],
      'no CAP_NET_ADMIN',
    );
    await leavesAll(stage, 'iptables', [...hidden, '/proc/sys/kernel/random/boot_id'], 'no boot_id');
  });

  test('a disk that is full, or may not be written', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const stage = await openFixture(wire, directory, 'nftables');
    const state = directory.file('state');
    mkdirSync(state);
    const command = (prefix: readonly string[]): [string, ...string[]] => {
      const all = knockdCommand(directory, config('nftables'), '--state', state);
      return [...prefix, ...all] as [string, ...string[]];
    };
    await using disk = await SmallDisk.mount(wire.server, state, 256);
    disk.fill();
    await using full = wire.server.start(...command(disk.prefix));
    await startAndStop(full);
    assert.equal(await ruleset(wire), stage.found, full.output);
    const readOnly = ['sh', '-c', 'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"', state];
    await using locked = wire.server.start(...command(readOnly));
    await startAndStop(locked);
    assert.equal(await ruleset(wire), stage.found, locked.output);
  });
});

describe('a bug of ours', { concurrency: 3 }, () => {
  for (const firewall of ['nftables', 'iptables']) {
    test(`${firewall}: at any moment: the firewall is as it was found, or the doors are shut and the last line opens them`, async (t) => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const stage = await openFixture(wire, directory, firewall);
      await using _service = await startService(wire.server, PORT);
      const random = seededRandom(t);
      let shut = 0;
      for (let round = 0; round < BUGS; round++) {
        // The first one when it listens, the others whenever it comes to.
        const wait = Math.floor(random() * 1200);
        const when = round === 0 ? "process.on('SIGUSR2', bug)" : `setTimeout(bug, ${wait})`;
        await using knockd = wire.server.start(...withPreload(directory, firewall, when));
        if (round === 0) {
          await knockd.saw(/listening on/);
          knockd.signal('SIGUSR2');
        }
        assert.equal((await knockd.exited).code, 70, knockd.output);
        const now = await ruleset(wire);
        if (now === stage.found) {
          assert.doesNotMatch(knockd.output, /listening on/, `after ${wait} ms`);
          await assertOpen(wire.client, SERVER, PORT, STRANGER);
          continue;
        }
        shut++;
        await assertShut(wire.client, SERVER, PORT, STRANGER);
        const remedy = /to open them without it: (.*)\n$/.exec(knockd.output)?.[1] ?? '';
        assert.notEqual(remedy, '', knockd.output);
        await wire.server.run('sh', '-c', remedy);
        await assertOpen(wire.client, SERVER, PORT, STRANGER);
        // The next one takes over what is left, and leaves nothing.
        await using next = wire.server.start(...knockdCommand(directory, config(firewall)));
        assert.equal(await startAndStop(next), true);
        assert.equal(await ruleset(wire), stage.found);
      }
      assert.ok(shut > 0, 'none came so far');
    });
  }

  test('of a chain of the owner’s that Bussa is attached to, the last line takes away what is Bussa’s', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await wire.server.run(
      'nft',
      'add table inet filter; add chain inet filter input { type filter hook input priority 0; policy drop; }; add rule inet filter input tcp dport 22 accept',
    );
    const found = await ruleset(wire);
    await using knockd = wire.server.start(...withPreload(directory, 'auto', "process.on('SIGUSR2', bug)"));
    await knockd.saw(/listening on/);
    knockd.signal('SIGUSR2');
    assert.equal((await knockd.exited).code, 70);
    assert.notEqual(await ruleset(wire), found);
    const remedy = /to open them without it: (.*)\n$/.exec(knockd.output)?.[1] ?? '';
    await wire.server.run('sh', '-c', remedy);
    assert.equal(await ruleset(wire), found, remedy);
  });
});

describe('a daemon without a free descriptor', { concurrency: 3 }, () => {
  for (const firewall of ['nftables', 'iptables', 'auto']) {
    test(`${firewall}: keeps strangers out, lets the knocker in, and recovers`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      await openFixture(wire, directory, firewall);
      await using _service = await startService(wire.server, PORT);
      const log = directory.file('log');
      await using knockd = wire.server.start(...knockdCommand(directory, config(firewall), '-g', log));
      await knockd.saw(/listening on/);
      const limit = (soft: number): Promise<string> =>
        wire.server.run('prlimit', '--pid', `${knockd.pid}`, `--nofile=${soft}:`);
      await limit(1);
      assert.ok(readdirSync(`/proc/${knockd.pid}/fd`).length > 1);
      await wire.client.run(C_KNOCK, SERVER, '7000');
      await knockd.saw(/: ssh: (opened|refused|OPEN SESAME)/);
      await assertShut(wire.client, SERVER, PORT, STRANGER);
      if (firewall !== 'auto') await assertOpen(wire.client, SERVER, PORT, CLIENT);
      // All that needs a descriptor: the configuration, the log, the control socket, the firewall's programs.
      knockd.signal('SIGHUP');
      await knockd.saw(/EMFILE|too many open files/i);
      const restored = knockd.count(/rules were missing or changed; restored/g);
      await wire.server.run('nft', 'flush ruleset');
      await wire.server.run('ip', 'link', 'add', 'more', 'type', 'veth', 'peer', 'name', 'less');
      await wire.server.run('ip', 'addr', 'add', '10.8.0.1/24', 'dev', 'more');
      await wire.server.status('bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/1');
      assert.equal(knockd.running, true, knockd.output);
      await limit(1024);
      await knockd.saw(/rules were missing or changed; restored/, restored + 1, 60_000);
      await assertShut(wire.client, SERVER, PORT, STRANGER);
      await wire.client.run(C_KNOCK, SERVER, '7000');
      await assertOpen(wire.client, SERVER, PORT, CLIENT);
      knockd.signal('SIGHUP');
      await knockd.saw(/re-opening log file/);
      assert.doesNotMatch(knockd.output, /bug in Bussa/);
      assert.equal((await knockd.stop()).code, 0, knockd.output);
    });
  }
});
