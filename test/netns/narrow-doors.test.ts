/**
 * Doors that mind their connections, in every kind of firewall, and syslog: with two capabilities and no new
 * privileges, as root's daemon leaves itself, and behind the walls of packaging/knockd.service.
 *
 *     client                          server
 *     eth0 10.7.0.2 (knocks)    ────  eth0 10.7.0.1
 *          10.7.0.3 (does not)        knockd, a firewall, a service on tcp/9022 and udp/9053 that talks on
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK, KNOCKD, WorkDirectory } from '../lab/knockd.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { somePairs } from '../lab/some-pairs.ts';
import { startTalker, Talk } from '../lab/talking-services.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER, Wire } from '../lab/wire.ts';
import { takeAwaySets } from './firewall.ts';
import { CAP_NET_ADMIN, CAP_NET_RAW, threadPrivileges } from './thread-privileges.ts';
import { behindWalls } from './unit-sandbox.ts';

const CONFIG = `[options]
  UseSyslog
[held]
  sequence = 7000:udp,8000:udp
  open     = tcp/9022, udp/9053
  open_for = 3
  hold     = yes
[cut]
  sequence    = 7100:udp,8100:udp
  open        = tcp/9022, udp/9053
  open_for    = 5
  close_kills = yes
`;

type Situation = { readonly name: string; readonly rules: string; readonly ipset: boolean };

const shut = (iptables: string): string => `
${iptables} -w -P INPUT DROP
${iptables} -w -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
${iptables.replace('ip', 'ip6')} -w -P INPUT DROP
${iptables.replace('ip', 'ip6')} -w -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
${iptables.replace('ip', 'ip6')} -w -A INPUT -p icmpv6 -j ACCEPT`;

const SITUATIONS: readonly Situation[] = [
  { name: 'nftables', rules: '', ipset: true },
  ...['iptables-nft', 'iptables-legacy'].flatMap((variant) =>
    [true, false].map((ipset) => ({
      name: `${variant} ${ipset ? 'with' : 'without'} ipset`,
      rules: shut(variant),
      ipset,
    })),
  ),
];

/** A directory of devices with a socket beside them; what that is sent is printed. */
const DEVICES = `
mkdir "$0"
for device in null zero full random urandom tty; do : >"$0/$device"; done
exec nc -lkuU "$0/log" </dev/null`;

/** Each program has mounts of its own: only this one sees these devices. */
const MOUNT = `
for device in null zero full random urandom tty; do mount --bind "/dev/$device" "$0/$device"; done
mount --rbind "$0" /dev
`;

const WAYS = ['as root leaves itself', 'behind the walls of the unit'] as const;

describe('with only the two capabilities', { concurrency: 2 }, () => {
  for (const [{ name, rules, ipset }, way] of somePairs(SITUATIONS, WAYS)) {
    test(`${way}, ${name}: a door is held open, connections are cut, syslog hears of it`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const { client, server } = wire;
      await server.run('sh', '-ec', `${rules}\n:`);
      if (!ipset) await takeAwaySets(server);
      await using service = await startTalker(server, 'tcp/9022', 'udp/9053');
      await using syslog = server.start('sh', '-ec', DEVICES, directory.file('dev'));
      while (!existsSync(directory.file('dev/log'))) await new Promise(setImmediate);
      await using knockd = server.start(...command(way, directory));
      await knockd.saw(/^listening on all interfaces/m);
      assertNarrow(knockd.pid);
      for (const [from, to, flag] of [
        [CLIENT, SERVER, '-4'],
        [CLIENT6, SERVER6, '-6'],
      ] as const) {
        await assertShut(client, to, 9022, from);
        {
          await using ready = await Talk.prepare(client, service, 'tcp', [from, to, 9022]);
          await client.run(C_KNOCK, flag, '-u', to, '7000', '8000');
          await knockd.saw(new RegExp(`${from}: held: opened`));
          await using talk = await ready.begin();
          await knockd.saw(new RegExp(`${from}: held: held open while a connection lives`));
          await talk.goesOn();
          await assertOpen(client, to, 9022, from);
        }
        await knockd.saw(new RegExp(`${from}: held: closed .*, its last connection has ended`));
        await assertShut(client, to, 9022, from);

        await using nextStream = await Talk.prepare(client, service, 'tcp', [from, to, 9022]);
        await using nextDatagrams = await Talk.prepare(client, service, 'udp', [from, to, 9053]);
        await client.run(C_KNOCK, flag, '-u', to, '7100', '8100');
        await knockd.saw(new RegExp(`${from}: cut: opened`));
        await using stream = await nextStream.begin();
        await using datagrams = await nextDatagrams.begin();
        await knockd.saw(new RegExp(`${from}: cut: closed tcp/9022, udp/9053, 2 connections cut\n`));
        await stream.clientKnows();
        await datagrams[Symbol.asyncDispose]();
        await syslog.saw(new RegExp(`<29>.* knockd: ${from}: cut: closed`));
      }
      await assertShut(client, SERVER, 9022, STRANGER);
      assert.deepEqual(await knockd.stop(), { code: 0, signal: null });
      assert.doesNotMatch(
        knockd.output.replace(/(no ipset: .*)/, ''),
        /EPERM|EACCES|EROFS|not permitted|[Pp]ermission/,
      );
      if (rules === '') assert.equal(await server.run('nft', 'list', 'ruleset'), '');
    });
  }
});

/** The daemon with its syslog in the test's directory. */
function command(way: (typeof WAYS)[number], directory: WorkDirectory): [string, ...string[]] {
  const [log, state] = ['log.d', 'state'].map((place) => {
    mkdirSync(directory.file(place), { mode: 0o700 });
    return directory.file(place);
  }) as [string, string];
  const file = directory.file('knockd.conf', CONFIG);
  const walls = way === 'as root leaves itself' ? [] : behindWalls([state], log);
  const daemon = [...KNOCKD, '-c', file, '-v', '--state', state];
  return ['sh', '-ec', `${MOUNT}exec "$@"`, directory.file('dev'), ...walls, ...daemon];
}

function assertNarrow(pid: number): void {
  const kept = CAP_NET_ADMIN | CAP_NET_RAW;
  for (const thread of threadPrivileges(pid)) {
    assert.deepEqual(thread, {
      CapInh: 0n,
      CapPrm: kept,
      CapEff: kept,
      CapBnd: kept,
      CapAmb: 0n,
      noNewPrivileges: true,
    });
  }
}
