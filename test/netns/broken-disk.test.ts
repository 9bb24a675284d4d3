/**
 * The disk is full, read-only, somebody else's, or the database is damaged, at the start or while the daemon runs: who
 * knocks comes in all the same where the kernel closes the door by itself, `bussa leases` shows him, and the lease is
 * recorded when that is possible again. A door that runs a command stays shut until then.
 *
 *     client                          server
 *     eth0 10.7.0.2, fd07::2    ────  eth0 10.7.0.1, fd07::1
 *          10.7.0.3 (does not knock)  knockd, an echo service on 22
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stateName } from '../../src/app/state/open-state.ts';
import { BUSSA, C_KNOCK, KNOCKD, WorkDirectory } from '../lab/knockd.ts';
import type { NetService } from '../lab/net-service.ts';
import { PATIENCE_MS, type Program } from '../lab/program.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { SmallDisk } from '../lab/small-disk.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';
import { readOnly } from './mount-prefixes.ts';

const BOTH = [
  [CLIENT, SERVER],
  [CLIENT6, SERVER6],
] as const;

/** `openFor`: long enough to look at an open port first, on a machine that has much to do. */
const config = (openFor: number, firewall: string): string => `[options]
  firewall = ${firewall}
[ssh]
  sequence = 7000,8000,9000
  seq_timeout = 15
  tcpflags = syn
  open     = tcp/22
  open_for = ${openFor}
[command]
  sequence = 5000,5001
  seq_timeout = 15
  tcpflags = syn
  start_command = echo ran
  cmd_timeout = 600
  stop_command = echo closed
`;

class Fixture implements AsyncDisposable {
  readonly wire: Wire;
  readonly directory = new WorkDirectory();
  readonly state: string;
  readonly #service: NetService;
  #daemon: Program | undefined;

  private constructor(wire: Wire, service: NetService) {
    this.wire = wire;
    this.#service = service;
    this.state = this.directory.file('state');
    mkdirSync(this.state, { mode: 0o700 });
  }

  static async create(isIptables = false): Promise<Fixture> {
    const wire = await Wire.create();
    if (isIptables) await shutFirewall(wire.server);
    return new Fixture(wire, await startService(wire.server, 22));
  }

  get daemon(): Program {
    assert.ok(this.#daemon !== undefined);
    return this.#daemon;
  }

  /** The daemon's own directory. */
  get own(): string {
    return join(this.state, stateName(this.directory.file('knockd.conf'), 'eth0'));
  }

  get database(): string {
    return join(this.own, 'leases.db');
  }

  async start(prefix: readonly string[] = [], openFor = 600, firewall = 'nftables'): Promise<Program> {
    await this.#daemon?.[Symbol.asyncDispose]();
    const file = this.directory.file('knockd.conf', config(openFor, firewall));
    const words = [...prefix, ...KNOCKD, '-c', file, '-v', '-i', 'eth0', '--state', this.state];
    const [program = '', ...args] = words;
    this.#daemon = this.wire.server.start(program, ...args);
    await this.#daemon.saw(/listening on .*\.\.\.\n/);
    return this.#daemon;
  }

  /** Over IPv4 and over IPv6; the stranger stays out. */
  async knockAndComeIn(): Promise<void> {
    const { client } = this.wire;
    for (const [from, to] of BOTH) {
      await assertShut(client, to, 22, from);
      await client.run(C_KNOCK, from === CLIENT ? '-4' : '-6', to, '7000', '8000', '9000');
      await this.daemon.saw(new RegExp(`${from}: ssh: opened`));
      await assertOpen(client, to, 22, from);
    }
    await assertShut(client, SERVER, 22, STRANGER);
  }

  async knockForCommand(): Promise<void> {
    await this.wire.client.run(C_KNOCK, '-4', SERVER, '5000', '5001');
  }

  /** What `bussa leases` shows, asked from where the state directory is what it is for the daemon. */
  async leases(prefix: readonly string[] = []): Promise<string> {
    const words = [...prefix, ...BUSSA, 'leases', '--state', this.state];
    const [program = '', ...args] = words;
    return this.wire.server.run(program, ...args);
  }

  async assertShown(prefix: readonly string[] = []): Promise<void> {
    const shown = await this.leases(prefix);
    for (const [from] of BOTH) assert.ok(shown.includes(from), shown);
  }

  /** The records are there: the next daemon takes the leases over, and they are open still. */
  async assertRecorded(prefix: readonly string[] = []): Promise<void> {
    await this.daemon.stop('SIGKILL');
    const next = await this.start(prefix);
    for (const [from, to] of BOTH) {
      await next.saw(new RegExp(`${from}: ssh: left open`));
      await assertOpen(this.wire.client, to, 22, from);
    }
  }

  async assertKernelCloses(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (const [from, to] of BOTH) {
      while ((await this.wire.client.status('nc', '-z', '-w', '1', '-s', from, to, '22')) === 0)
        assert.ok(performance.now() < deadline, `22 stays open to ${from}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]();
    await this.#service[Symbol.asyncDispose]();
    await this.wire.client[Symbol.asyncDispose]();
    await this.wire.server[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

const WARNED = /ssh: opens without a record/;
const AGAIN = /leases can be recorded again/;

describe('a disk that is full', { concurrency: 2 }, () => {
  for (const firewall of ['nftables', 'iptables']) {
    for (const moment of ['from the start', 'while it runs']) {
      test(`${moment}, ${firewall}: who knocks comes in, and is recorded when there is room`, async () => {
        await using stage = await Fixture.create(firewall === 'iptables');
        await using disk = await SmallDisk.mount(stage.wire.server, stage.state, 1024);
        if (moment === 'from the start') disk.fill();
        const daemon = await stage.start(disk.prefix, 600, firewall);
        disk.fill();
        await stage.knockAndComeIn();
        await daemon.saw(WARNED, 2);
        await stage.assertShown(disk.prefix);
        await stage.knockForCommand();
        await daemon.saw(/command: not opened: its closing cannot be recorded/);
        assert.doesNotMatch(daemon.output, /^ran$/m);
        disk.free();
        await daemon.saw(AGAIN);
        await stage.knockForCommand();
        await daemon.saw(/command: running command/);
        await stage.daemon.stop('SIGKILL');
        const next = await stage.start(disk.prefix, 600, firewall);
        for (const [from, to] of BOTH) {
          await next.saw(new RegExp(`${from}: ssh: left open`));
          await assertOpen(stage.wire.client, to, 22, from);
        }
      });
    }
  }

  test('and a daemon that is killed before there is room: the kernel closes the doors', async () => {
    await using stage = await Fixture.create();
    await using disk = await SmallDisk.mount(stage.wire.server, stage.state, 1024);
    const daemon = await stage.start(disk.prefix, 20);
    disk.fill();
    await stage.knockAndComeIn();
    await daemon.saw(WARNED, 2);
    await daemon.stop('SIGKILL');
    await stage.assertKernelCloses();
  });
});

describe('a state directory that cannot be used', { concurrency: 2 }, () => {
  test('because it is read-only, until it is writable: then the leases and the control socket are there', async () => {
    await using stage = await Fixture.create();
    await (await stage.start()).stop();
    const daemon = await stage.start(readOnly([stage.state]));
    await daemon.saw(/doors that run commands stay shut until this is solved/);
    await stage.knockAndComeIn();
    await daemon.saw(WARNED, 2);
    await stage.wire.server.run(
      ...(['nsenter', '-t', `${daemon.pid}`, '-m', 'mount', '-o', 'remount,bind,rw', stage.state] as const),
    );
    await daemon.saw(AGAIN);
    await shown(stage);
    await stage.assertRecorded();
  });

  test('because another user has it', async () => {
    await using stage = await Fixture.create();
    await (await stage.start()).stop();
    chownSync(stage.own, 65534, 65534);
    const daemon = await stage.start();
    await daemon.saw(/belongs to another user/);
    await stage.knockAndComeIn();
    chownSync(stage.own, 0, 0);
    chmodSync(stage.own, 0o700);
    await daemon.saw(AGAIN);
    await shown(stage);
    await stage.assertRecorded();
  });

  test('because there is a file in its place', async () => {
    await using stage = await Fixture.create();
    writeFileSync(stage.own, '');
    const daemon = await stage.start();
    await stage.knockAndComeIn();
    rmSync(stage.own);
    await daemon.saw(AGAIN);
    await shown(stage);
    await stage.assertRecorded();
  });
});

/** The control socket comes with the state. */
async function shown(stage: Fixture): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!existsSync(join(stage.own, 'control'))) {
    assert.ok(performance.now() < deadline, stage.daemon.output);
    await delay(50);
  }
  await stage.assertShown();
}

const DAMAGES: Readonly<Record<string, (database: string) => void>> = {
  'overwritten database': (database) => writeFileSync(database, Buffer.alloc(20_000, 'shopping list\n')),
  'emptied database': (database) => {
    writeFileSync(database, '');
    writeFileSync(`${database}-wal`, 'what a log is not');
  },
  'database that was replaced by a directory': (database) => {
    rmSync(database);
    mkdirSync(database);
  },
};

describe('a damaged database', { concurrency: 2 }, () => {
  for (const [name, damage] of Object.entries(DAMAGES)) {
    test(`${name}, found at the start: who knocks comes in`, async () => {
      await using stage = await Fixture.create();
      await (await stage.start()).stop();
      damage(stage.database);
      const daemon = await stage.start();
      await stage.knockAndComeIn();
      await stage.assertShown();
      if (name.includes('directory')) {
        await daemon.saw(WARNED);
        rmSync(stage.database, { recursive: true });
        await daemon.saw(AGAIN);
      } else {
        await daemon.saw(/renamed to .*leases\.db\.damaged-.*replaced by a new one/);
        assert.ok(readdirSync(stage.own).some((file) => /^leases\.db\.damaged-[\dT-]+Z$/.test(file)));
        assert.doesNotMatch(daemon.output, WARNED);
      }
      await stage.assertRecorded();
    });
  }

  test('lost while the daemon runs: no knock is refused, and all leases are recorded again', async () => {
    await using stage = await Fixture.create();
    const daemon = await stage.start();
    await stage.knockAndComeIn();
    rmSync(stage.database);
    rmSync(`${stage.database}-wal`);
    await stage.knockForCommand();
    await daemon.saw(/command: running command/);
    assert.doesNotMatch(daemon.output, WARNED);
    await stage.assertRecorded();
  });
});
