/**
 * Bussa's part moves to another firewall, at a reload or after a crash, and rules are flushed at the worst moment.
 *
 *     client                          server
 *     eth0 10.7.0.2 (knocks)    ────  eth0 10.7.0.1
 *          10.7.0.3 (does not)        knockd, a firewall or none, an echo service on 22
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { somePairs } from '../lab/some-pairs.ts';
import { CLIENT, SERVER, STRANGER, Wire } from '../lab/wire.ts';

const KNOCK = ['7000', '8000', '9000'];

const config = (options: string): string => `[options]
  ${options}
[ssh]
  sequence    = 7000,8000,9000
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/22
  open_for    = 60
`;

/** Somebody's rules in each kind of firewall, which close nothing. */
const FOREIGN = `
nft 'table inet host { set mine { type ipv4_addr; elements = { 198.51.100.1 }; }; chain input { type filter hook input priority filter; policy accept; ip saddr @mine accept; }; }'
iptables -A INPUT -s 198.51.100.2 -j DROP
ip6tables -A INPUT -s 2001:db8::2 -j DROP
iptables-legacy -A INPUT -s 198.51.100.3 -j DROP
ipset create f2b-sshd hash:ip timeout 600
ipset add f2b-sshd 198.51.100.4`;

/** Everybody's rules, in every kind of firewall. */
const LIST = `nft -s list ruleset
iptables-legacy-save | grep -v '^[#:]'; ip6tables-legacy-save | grep -v '^[#:]'
ipset list -n`;

const list = (server: Namespace): Promise<string> => server.run('sh', '-c', LIST);

/** What the configuration says first and then, what of Bussa's is seen of each, and what the log says is gone. */
const MOVES = [
  [
    'firewall = iptables',
    /-j BUSSA|jump BUSSA/,
    'firewall = nftables',
    /table inet bussa/,
    /iptables, chains BUSSA/,
  ],
  [
    'firewall = nftables',
    /table inet bussa/,
    'firewall = iptables',
    /jump BUSSA/,
    /nftables, table inet bussa/,
  ],
  [
    'attach = inet host input',
    /jump bussa_input/,
    'firewall = iptables',
    /jump BUSSA/,
    /nftables, table inet host/,
  ],
  ['attach = inet host input', /jump bussa_input/, 'firewall = nftables', /table inet bussa/, undefined],
  [
    'attach = ip filter INPUT',
    /jump bussa_input/,
    'firewall = auto',
    /jump BUSSA/,
    /nftables, table ip filter/,
  ],
] as const;

describe('another firewall', { concurrency: 2 }, () => {
  for (const [[from, oldPart, to, newPart, gone], how] of somePairs(MOVES, ['reload', 'crash'] as const)) {
    test(`${how}, ${from} before and ${to} after: one part, the lease, and nobody else’s touched`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const { client, server } = wire;
      await server.run('sh', '-ec', FOREIGN);
      const before = await list(server);
      await using _service = await startService(server, 22);
      const first = await startKnockd(server, directory, config(from));
      await client.run(C_KNOCK, SERVER, ...KNOCK);
      await first.saw(/ssh: opened tcp\/22/);
      assert.match(await list(server), oldPart);

      let knockd = first;
      if (how === 'crash') {
        await first.stop('SIGKILL');
        knockd = await startKnockd(server, directory, config(to));
      } else {
        directory.file('knockd.conf', config(to));
        first.signal('SIGHUP');
        await first.saw(/^using /m, 2);
      }
      await using second = knockd;
      if (gone !== undefined) {
        await second.saw(new RegExp(`${gone.source}: removed Bussa's earlier rules`));
      }
      const during = await list(server);
      assert.match(during, newPart);
      assert.doesNotMatch(during, oldPart.source === newPart.source ? /\0/ : oldPart);
      assert.equal(/^bussa4-/m.test(during), newPart.source.includes('BUSSA'), 'its sets');
      await assertOpen(client, SERVER, 22, CLIENT);
      if (!newPart.source.includes('bussa_')) await assertShut(client, SERVER, 22, STRANGER);
      assert.equal((await second.stop()).code, 0);
      assert.equal(await list(server), before);
    });
  }

  test('iptables-legacy before a crash, nftables after it', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { server } = wire;
    await server.run('iptables-legacy', '-P', 'INPUT', 'DROP');
    const first = await startKnockd(server, directory, config('firewall = auto'));
    assert.match(await list(server), /-A INPUT -j BUSSA/);
    await first.stop('SIGKILL');
    await server.run('iptables-legacy', '-P', 'INPUT', 'ACCEPT');
    await using second = await startKnockd(server, directory, config('firewall = auto'));
    await second.saw(/iptables-legacy, chains BUSSA: removed Bussa's earlier rules/);
    const during = await list(server);
    assert.match(during, /table inet bussa/);
    assert.doesNotMatch(during, /BUSSA|bussa4-/);
    assert.equal((await second.stop()).code, 0);
  });

  test('one that cannot be had: the old one stays, and the log says so', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, config('firewall = nftables'));
    directory.file('knockd.conf', config('attach = inet nowhere input'));
    knockd.signal('SIGHUP');
    await knockd.saw(/there is no table inet nowhere.*; nftables, table inet bussa stays in use/);
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/ssh: opened tcp\/22/);
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, STRANGER);
    assert.equal((await knockd.stop()).code, 0);
  });

  test('auto: the owner begins with a firewall, and gives it up again', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, config('firewall = auto'));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/ssh: opened tcp\/22/);
    await server.run(
      'nft',
      'table inet host { chain in { type filter hook input priority filter; policy drop; ct state established accept; }; }',
    );
    await knockd.saw(/nftables has inet host in, which lets in only/);
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, STRANGER);
    assert.match(await list(server), /jump bussa_input[\s\S]*table inet bussa/);
    await server.run('nft', 'flush', 'ruleset');
    await knockd.saw(/no firewall here closes anything/, 2);
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, STRANGER);
    assert.equal((await knockd.stop()).code, 0);
    assert.equal((await list(server)).trim(), '');
  });

  test('a knock just after the rules were flushed still opens', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, config('firewall = nftables'));
    // Held up, it sees the knocks and the flush together, and it settles the flush before it looks.
    knockd.signal('SIGSTOP');
    await server.run('nft', 'flush', 'ruleset');
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    knockd.signal('SIGCONT');
    await knockd.saw(/rules were missing or changed; restored[\s\S]*ssh: opened tcp\/22/);
    assert.equal(knockd.count(/not opened/g), 0);
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, STRANGER);
    assert.equal((await knockd.stop()).code, 0);
  });

  test('flushed leases of a door are restored', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, config('firewall = nftables'));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/ssh: opened tcp\/22/);
    await server.run('nft', 'flush', 'set', 'inet', 'bussa', 'd_ssh_4');
    await knockd.saw(/rules were missing or changed; restored/);
    await assertOpen(client, SERVER, 22, CLIENT);
    assert.equal((await knockd.stop()).code, 0);
  });
});
