/**
 * Doors that mind the connections made through them, with the daemon whole: `hold` and `close_kills`.
 *
 *     client                          server
 *     eth0 10.7.0.2 (knocks)    ────  eth0 10.7.0.1
 *          10.7.0.3 (does not)        knockd, a firewall or none, services on tcp/9022 and udp/9053 that talk on
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { startTalker, Talk } from '../lab/talking-services.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';

const door = (seconds: number, how: string): string => `[talk]
  sequence    = 7000,8000,9000
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/9022, udp/9053
  open_for    = ${seconds}
  ${how}
`;

const KNOCK = ['7000', '8000', '9000'];

/** Ticks of 50 ms: longer than the doors below are open for. */
const BEYOND = 80;

const SITUATIONS: readonly (readonly [string, (server: Namespace) => Promise<unknown>])[] = [
  ['no firewall at all', async () => undefined],
  ['an nftables ruleset with policy drop', policyDrop],
  ['iptables with policy DROP', shutFirewall],
];

async function policyDrop(server: Namespace): Promise<void> {
  await server.run(
    'nft',
    `table inet host {
      chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iifname "lo" accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
      }
    }`,
  );
}

/** A talk that no firewall sees, on the client's own loopback. */
async function startClock(client: Namespace): Promise<AsyncDisposableStack & { readonly clock: Talk }> {
  const stack = new AsyncDisposableStack();
  const service = stack.use(await startTalker(client, 'tcp/4444'));
  const clock = stack.use(await Talk.begin(client, service, 'tcp', ['127.0.0.1', '127.0.0.1', 4444]));
  return Object.assign(stack, { clock });
}

describe('doors with hold or close_kills', { concurrency: 2 }, () => {
  for (const [name, arrange] of SITUATIONS) {
    test(`${name}: held open beyond its time while a connection lives, and no longer`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const { client, server } = wire;
      await arrange(server);
      await using service = await startTalker(server, 'tcp/9022', 'udp/9053');
      await using knockd = await startKnockd(server, directory, door(2, 'hold = yes'));
      for (const [from, to, flag] of [
        [CLIENT, SERVER, '-4'],
        [CLIENT6, SERVER6, '-6'],
      ] as const) {
        const line = (words: string): RegExp =>
          new RegExp(`${from.replaceAll('.', '\\.')}: talk: ${words}\n`);
        await client.run(C_KNOCK, flag, to, ...KNOCK);
        await knockd.saw(line('opened .* for 2 s'));
        await using talk = await Talk.begin(client, service, 'tcp', [from, to, 9022]);
        await knockd.saw(line('held open while a connection lives'));
        await talk.goesOn(BEYOND);
        await assertOpen(client, to, 9022, from);
        await talk[Symbol.asyncDispose]();
        // The kernel would have closed it only half a minute later.
        await knockd.saw(line('closed tcp/9022, udp/9053, its last connection has ended'));
        await assertShut(client, to, 9022, from);
      }
      await assertShut(client, SERVER, 9022, STRANGER);
      assert.equal((await knockd.stop()).code, 0);
    });

    test(`${name}: at its end the connections are cut, of TCP and UDP, for good`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const { client, server } = wire;
      await arrange(server);
      const before = await rulesOf(server);
      await using service = await startTalker(server, 'tcp/9022', 'udp/9053');
      await using knockd = await startKnockd(server, directory, door(3, 'close_kills = yes'));
      await using clocked = await startClock(client);
      for (const [from, to, flag] of [
        [CLIENT, SERVER, '-4'],
        [CLIENT6, SERVER6, '-6'],
      ] as const) {
        await client.run(C_KNOCK, flag, to, ...KNOCK);
        await using stream = await Talk.begin(client, service, 'tcp', [from, to, 9022]);
        await using datagrams = await Talk.begin(client, service, 'udp', [from, to, 9053]);
        await knockd.saw(new RegExp(`${from}: talk: closed tcp/9022, udp/9053, 2 connections cut\n`));
        await Promise.all([stream, datagrams].map((talk) => talk.assertSilent(clocked.clock)));
        await stream.clientKnows();
        await stream.serviceKnows();
      }
      assert.equal((await knockd.stop()).code, 0);
      assert.equal(await rulesOf(server), before);
    });
  }

  test('an unanswered datagram, which may have a forged source, holds no door', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startTalker(server, 'tcp/9022');
    // What would be answered by an ICMP error, and so be no exchange either, is answered by nothing.
    await server.run(
      'nft',
      'add table inet mute; add chain inet mute o { type filter hook output priority 0; }',
    );
    await server.run('nft', 'add rule inet mute o meta l4proto icmp drop');
    await using knockd = await startKnockd(server, directory, door(2, 'hold = yes'));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/10\.7\.0\.2: talk: opened /);
    const begun = performance.now();
    await client.run('sh', '-c', `echo word | nc -u -w 1 -s ${CLIENT} ${SERVER} 9053`);
    assert.match(await server.run('conntrack', '-L', '-p', 'udp'), /dport=9053 \[UNREPLIED\]/);
    await knockd.saw(/10\.7\.0\.2: talk: closed tcp\/9022, udp\/9053\n/);
    assert.ok(performance.now() - begun < 10_000, 'closed late');
    assert.equal(knockd.count(/held open/g), 0);
  });

  test('a door without a connection closes at its time', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startTalker(server, 'tcp/9022');
    await using knockd = await startKnockd(server, directory, door(2, 'hold = yes'));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/10\.7\.0\.2: talk: closed tcp\/9022, udp\/9053\n/);
    assert.equal(knockd.count(/held open/g), 0);
    await assertShut(client, SERVER, 9022, CLIENT);
  });

  test('a connection that was there before neither holds the door nor is cut', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    // Connections are tracked from the beginning.
    await server.run(
      'nft',
      'table inet t { chain input { type filter hook input priority 0; ct state new continue; }; }',
    );
    await using service = await startTalker(server, 'tcp/9022');
    await using older = await Talk.begin(client, service, 'tcp', [CLIENT, SERVER, 9022]);
    await using knockd = await startKnockd(server, directory, door(2, 'hold = yes\n  close_kills = yes'));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/10\.7\.0\.2: talk: opened /);
    await knockd.saw(/10\.7\.0\.2: talk: closed tcp\/9022, udp\/9053\n/);
    await older.goesOn(8);
    assert.equal(knockd.count(/held open/g), 0);
  });

  test('a connection older than the tracking lives on, whoever speaks first, with a door that cuts', async () => {
    for (const [from, to] of [
      [CLIENT, SERVER],
      [CLIENT6, SERVER6],
    ] as const) {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const { client, server } = wire;
      await using service = await startTalker(server, 'tcp/9022');
      await using older = await Talk.begin(client, service, 'tcp', [from, to, 9022]);
      await using knockd = await startKnockd(server, directory, door(60, 'close_kills = yes'));
      await older.goesOn(20);
      await assertShut(client, to, 9022, from);
      assert.equal((await knockd.stop()).code, 0);
      await older.goesOn();
    }
  });

  test('a daemon that dies leaves a held door to the next, which goes on holding it', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using service = await startTalker(server, 'tcp/9022');
    const config = door(2, 'hold = yes\n  close_kills = yes');
    const first = await startKnockd(server, directory, config);
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await using talk = await Talk.begin(client, service, 'tcp', [CLIENT, SERVER, 9022]);
    await first.saw(/talk: held open while a connection lives/);
    await first.stop('SIGKILL');
    await using second = await startKnockd(server, directory, config);
    await second.saw(/10\.7\.0\.2: talk: left open by an earlier run/);
    await talk.goesOn(BEYOND);
    await assertOpen(client, SERVER, 9022, CLIENT);
    await talk[Symbol.asyncDispose]();
    await second.saw(/10\.7\.0\.2: talk: closed tcp\/9022, udp\/9053, its last connection has ended\n/);
    await assertShut(client, SERVER, 9022, CLIENT);
  });

  test('a daemon that is stopped in order cuts what it would have held', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using service = await startTalker(server, 'tcp/9022');
    await using knockd = await startKnockd(server, directory, door(2, 'hold = yes\n  close_kills = yes'));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await using talk = await Talk.begin(client, service, 'tcp', [CLIENT, SERVER, 9022]);
    await knockd.saw(/talk: held open while a connection lives/);
    assert.equal((await knockd.stop()).code, 0);
    await talk.clientKnows();
    await talk.serviceKnows();
  });

  test('a knock just after the last connection has ended opens for its whole time', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using service = await startTalker(server, 'tcp/9022', 'udp/9053');
    await using knockd = await startKnockd(server, directory, door(10, 'hold = yes'));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/talk: opened/);
    const talk = await Talk.begin(client, service, 'tcp', [CLIENT, SERVER, 9022]);
    await using clocked = await startClock(client);
    await knockd.saw(/held open while a connection lives/);
    // Held up, it hears of the end and of the knock together: no look comes between them.
    knockd.signal('SIGSTOP');
    await talk[Symbol.asyncDispose]();
    await talk.serviceKnows();
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    knockd.signal('SIGCONT');
    await knockd.saw(/talk: already open; stays open for 10 s from now/);
    await clocked.clock.goesOn(BEYOND);
    assert.equal(knockd.count(/talk: closed/g), 0);
    await assertOpen(client, SERVER, 9022, CLIENT);
    assert.equal((await knockd.stop()).code, 0);
  });

  test('a reload that has the door open something else ends its leases, and cuts what was made through them', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using service = await startTalker(server, 'tcp/9022', 'udp/9053');
    const text = door(60, 'close_kills = yes');
    await using knockd = await startKnockd(server, directory, text);
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/talk: opened/);
    await using talk = await Talk.begin(client, service, 'tcp', [CLIENT, SERVER, 9022]);
    directory.file('knockd.conf', `${text.replace('tcp/9022, udp/9053', 'tcp/9022')}`);
    knockd.signal('SIGHUP');
    await knockd.saw(/talk: closed tcp\/9022, udp\/9053, its door has been changed, 1 connection cut/);
    await talk.clientKnows();
    await assertShut(client, SERVER, 9022, CLIENT);
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/talk: opened tcp\/9022 for 60 s/);
    await assertOpen(client, SERVER, 9022, CLIENT);
    assert.equal((await knockd.stop()).code, 0);
  });
});

/** Of everybody; iptables makes an empty chain of its own at a hook as soon as it is spoken of. */
async function rulesOf(server: Namespace): Promise<string> {
  const rules = await server.run('nft', '-s', 'list', 'ruleset');
  return rules.replaceAll(/\n\tchain OUTPUT \{\n.*policy accept;\n\t\}\n/g, '');
}
