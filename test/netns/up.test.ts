/**
 * `bussa up`, which does not lock its owner out.
 *
 *     client                          server
 *     eth0 10.7.0.2 (the owner) ────  eth0 10.7.0.1
 *          10.7.0.3                   bussa up, a firewall or none, an echo service on 22
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { shutFirewall } from './firewall.ts';
import { C_KNOCK, WorkDirectory } from './knockd.ts';
import type { Namespace } from './namespace.ts';
import { PATIENCE_MS, type Program } from './program.ts';
import { assertOpen, assertShut, Connection, startService } from './service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER, Wire } from './wire.ts';

const BUSSA = fileURLToPath(new URL('../../bin/bussa', import.meta.url));
const DOOR = `[ssh]
  sequence    = 7000,8000,9000
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/22
  open_for    = 20
`;
const KNOCK = ['7000', '8000', '9000'];
const LISTENING = /listening on .*\.\.\.\n/;
const WAITING = /everything is undone in \d+ s unless you confirm/;

/** A wire, a service on port 22, and a directory for what is written. */
class Stage implements AsyncDisposable {
  readonly client: Namespace;
  readonly server: Namespace;
  readonly directory = new WorkDirectory();
  readonly #wire: Wire;
  readonly #service: Program;

  private constructor(wire: Wire, service: Program) {
    this.#wire = wire;
    this.#service = service;
    this.client = wire.client;
    this.server = wire.server;
    this.directory.file('knockd.conf', DOOR);
  }

  static async create(): Promise<Stage> {
    const wire = await Wire.create();
    return new Stage(wire, await startService(wire.server, 22));
  }

  get config(): string {
    return this.directory.file('knockd.conf');
  }

  up(...options: readonly string[]): Program {
    return this.server.start(BUSSA, 'up', ...this.#place(), ...options);
  }

  confirm(): Program {
    return this.server.start(BUSSA, 'confirm', ...this.#place());
  }

  /** Everybody's rules, without the counters that packets change. */
  async rules(): Promise<string> {
    const text = await this.server.run('nft', '-s', 'list', 'ruleset');
    return text.replaceAll(/counter packets \d+ bytes \d+/g, 'counter');
  }

  connect(from = CLIENT, to = SERVER): Promise<Connection> {
    return Connection.open(this.client, to, 22, from);
  }

  #place(): string[] {
    return ['-c', this.config, '--state', this.directory.path];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
    await this.#wire[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

const SITUATIONS: readonly {
  readonly name: string;
  readonly arrange: (server: Namespace) => Promise<void>;
}[] = [
  { name: 'no firewall at all', arrange: async () => undefined },
  {
    name: 'iptables with policy DROP that lets the port in',
    arrange: async (server) => {
      await shutFirewall(server);
      for (const iptables of ['/sbin/iptables', '/sbin/ip6tables']) {
        await server.run(iptables, '-w', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT');
      }
    },
  },
];

describe('bussa up', { concurrency: 2 }, () => {
  for (const { name, arrange } of SITUATIONS) {
    test(`${name}: refuses while somebody is connected, and changes nothing; --yes closes, and is needed once`, async () => {
      await using stage = await Stage.create();
      await arrange(stage.server);
      const before = await stage.rules();
      await using connection = await stage.connect();

      const refused = stage.up();
      assert.equal((await refused.exited).code, 1);
      assert.match(refused.output, /tcp\/22 would be closed to new connections for the first time/);
      assert.match(refused.output, /from 10\.7\.0\.2 port \d+ to tcp\/22/);
      assert.match(refused.output, /Established connections would live on/);
      assert.match(refused.output, /--yes/);
      assert.match(refused.output, /--confirm 60/);
      assert.equal(await stage.rules(), before);
      await assertOpen(stage.client, SERVER, 22, STRANGER);

      const sure = stage.up('--yes');
      await sure.saw(LISTENING);
      await assertShut(stage.client, SERVER, 22, STRANGER);
      await connection.assertAlive();
      assert.equal((await sure.stop()).code, 0);
      assert.equal(await stage.rules(), before);

      const second = stage.up();
      await second.saw(LISTENING);
      await assertShut(stage.client, SERVER, 22, STRANGER);
      assert.equal((await second.stop()).code, 0);
    });

    test(`${name}: --confirm undoes everything when nobody confirms`, async () => {
      await using stage = await Stage.create();
      await arrange(stage.server);
      const before = await stage.rules();
      await using connection = await stage.connect();
      writeFileSync(stage.config, `[options]\n  on_exit = keep\n${DOOR}`);

      const up = stage.up('--confirm', '3');
      await up.saw(WAITING);
      await assertShut(stage.client, SERVER, 22, STRANGER);
      assert.equal((await up.exited).code, 1);
      assert.match(up.output, /not confirmed within 3 s/);
      assert.equal(await stage.rules(), before);
      await assertOpen(stage.client, SERVER, 22, STRANGER);
      await connection.assertAlive();

      // What was undone is forgotten.
      assert.equal((await stage.up().exited).code, 1);
    });

    test(`${name}: kill -9 in the waiting time is undone by the process that watches it`, async () => {
      await using stage = await Stage.create();
      await arrange(stage.server);
      const before = await stage.rules();
      const up = stage.up('--confirm', '600');
      await up.saw(WAITING);
      assert.notEqual(await stage.rules(), before);
      await up.stop('SIGKILL');
      await until(async () => (await stage.rules()) === before);
      await assertOpen(stage.client, SERVER, 22, STRANGER);
    });
  }

  test('confirmed by `bussa confirm`: the ports stay closed, and are no news any more', async () => {
    await using stage = await Stage.create();
    await using _connection = await stage.connect();
    const up = stage.up('--confirm', '60');
    const [words] = await up.saw(/and there run .*confirm.*$/m);
    assert.ok(words.includes(`${BUSSA} confirm -c ${stage.config} --state ${stage.directory.path}`), words);
    await stage.client.run(C_KNOCK, SERVER, ...KNOCK);
    await up.saw(/10\.7\.0\.2: ssh: opened tcp\/22/);
    await using through = await stage.connect();
    const yes = stage.confirm();
    assert.equal((await yes.exited).code, 0);
    assert.match(yes.output, /Confirmed/);
    await up.saw(/confirmed by bussa confirm/);
    await through.assertAlive();
    await assertShut(stage.client, SERVER, 22, STRANGER);

    const again = stage.confirm();
    assert.equal((await again.exited).code, 0);
    assert.match(again.output, /nothing to confirm/);
    await untilAlone(stage, up);
    assert.equal((await up.stop()).code, 0);
    const second = stage.up();
    await second.saw(LISTENING);
    assert.equal((await second.stop()).code, 0);
  });

  test('the end of the terminal is not the end of the waiting, and a reload has to wait', async () => {
    await using stage = await Stage.create();
    const up = stage.up('--confirm', '60');
    await up.saw(WAITING);
    up.signal('SIGHUP');
    await up.saw(/nobody has confirmed what is closed now/);
    await assertShut(stage.client, SERVER, 22, CLIENT);
    assert.equal((await stage.confirm().exited).code, 0);
    up.signal('SIGHUP');
    await up.saw(/re-reading config file/, 2);
    await up.saw(/listening on/, 2);
    assert.equal((await up.stop()).code, 0);
  });

  test('Ctrl-C in the waiting time undoes it, whatever on_exit says', async () => {
    await using stage = await Stage.create();
    writeFileSync(stage.config, `[options]\n  on_exit = keep\n${DOOR}`);
    const before = await stage.rules();
    const up = stage.up('--confirm', '600');
    await up.saw(WAITING);
    assert.equal((await up.stop('SIGINT')).code, 0);
    assert.equal(await stage.rules(), before);
  });

  test('a daemon that hangs is killed when the time is over, and undone', async () => {
    await using stage = await Stage.create();
    const before = await stage.rules();
    const up = stage.up('--confirm', '1');
    await up.saw(WAITING);
    up.signal('SIGSTOP');
    await up.saw(/the daemon hung when nobody had confirmed/, 1, 60_000).catch((error: unknown) => {
      if (!up.output.includes('the daemon hung')) throw error;
    });
    await until(async () => (await stage.rules()) === before);
    assert.equal((await up.exited).signal, 'SIGKILL');
  });

  test('Enter at the terminal confirms; what was typed before does not', async () => {
    await using stage = await Stage.create();
    const place = `-c ${stage.config} --state ${stage.directory.path}`;
    const up = stage.server.start('script', '-qec', `${BUSSA} up ${place} --confirm 60`, '/dev/null');
    up.write('\n');
    await up.saw(/or press Enter here/);
    assert.equal(up.count(/confirmed at the terminal/g), 0);
    up.write('\n');
    await up.saw(/confirmed at the terminal/);
    await assertShut(stage.client, SERVER, 22, CLIENT);
    up.write('\x03');
    assert.equal((await up.exited).code, 0);
  });

  test('connections of this host to itself do not count; those over IPv6 do', async () => {
    await using stage = await Stage.create();
    await using _local = await Connection.open(stage.server, '127.0.0.1', 22, '127.0.0.1');
    await using _own = await Connection.open(stage.server, SERVER, 22, SERVER);
    const first = stage.up();
    await first.saw(LISTENING);
    assert.equal((await first.stop()).code, 0);

    await using other = await Stage.create();
    await using _peer = await other.connect(CLIENT6, SERVER6);
    const refused = other.up();
    assert.equal((await refused.exited).code, 1);
    assert.match(refused.output, /from fd07::2 port \d+ to tcp\/22/);
  });

  test('a reload that would close a port under somebody is refused', async () => {
    await using stage = await Stage.create();
    await using _connection = await stage.connect();
    writeFileSync(stage.config, DOOR.replace('tcp/22', 'tcp/443'));
    const up = stage.up();
    await up.saw(LISTENING);
    const before = await stage.rules();
    writeFileSync(stage.config, DOOR);
    up.signal('SIGHUP');
    await up.saw(/the old one stays in force/);
    assert.match(up.output, /tcp\/22 would be closed to new connections for the first time/);
    assert.equal(await stage.rules(), before);
    await assertOpen(stage.client, SERVER, 22, STRANGER);
    assert.equal((await up.stop()).code, 0);
  });

  test('where the rules close the port already, Bussa only lets in, and asks nothing', async () => {
    await using stage = await Stage.create();
    await using _connection = await stage.connect();
    const ruleset = `table inet host {
      chain input {
              type filter hook input priority filter; policy drop;
      ct state established,related accept
        iifname "lo" accept
      }
    }`;
    await stage.server.run('nft', ruleset);
    const up = stage.up();
    await up.saw(LISTENING);
    assert.equal((await up.stop()).code, 0);
  });

  test('a forwarded port and a datagram port: whom the kernel tracks', async () => {
    await using stage = await Stage.create();
    const ruleset = `table ip nat {
      chain prerouting {
      type nat hook prerouting priority dstnat;
      tcp dport 8080 dnat to 10.7.0.2:9
      }
    }`;
    await stage.server.run('nft', ruleset);
    const tracked = (words: string): Promise<string> =>
      stage.server.run('conntrack', '-I', ...`${words} -t 600`.split(' '));
    await tracked(
      '-p tcp -s 198.51.100.9 -d 10.7.0.1 --sport 4000 --dport 8080 -r 10.7.0.2 -q 198.51.100.9 --reply-port-src 9 --reply-port-dst 4000 --state ESTABLISHED -u ASSURED,SEEN_REPLY',
    );
    await tracked('-p udp -s 198.51.100.8 -d 10.7.0.1 --sport 5000 --dport 51820 -u ASSURED,SEEN_REPLY');
    writeFileSync(stage.config, DOOR.replace('tcp/22', 'tcp/8080 forward, udp/51820'));
    const refused = stage.up();
    assert.equal((await refused.exited).code, 1, refused.output);
    assert.match(refused.output, /from 198\.51\.100\.9 port 4000 to tcp\/8080/);
    assert.match(refused.output, /from 198\.51\.100\.8 port 5000 to udp\/51820/);
  });

  test('`bussa confirm` without a daemon', async () => {
    await using stage = await Stage.create();
    const lost = stage.confirm();
    assert.equal((await lost.exited).code, 69);
    assert.match(lost.output, /no daemon of .* runs .*bussa up/);
    assert.ok(!existsSync(join(stage.directory.path, 'control')));
  });
});

/** The watching process has ended with its task. */
async function untilAlone(stage: Stage, up: Program): Promise<void> {
  await until(async () => {
    const pids = await stage.server.pids();
    return pids.every((pid) => pid === up.pid || !nameOf(pid).startsWith('bussa-undo'));
  });
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1');
  } catch {
    return '';
  }
}

/** For what nobody announces. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) assert.fail('it does not come about');
  }
}
