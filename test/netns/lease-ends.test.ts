/**
 * A lease ends in the kernel, whatever kind of iptables the host has and whichever of its packages: the daemon is killed, and
 * what a client sees is the port closing.
 *
 *     client                          server
 *     eth0 10.7.0.2, fd07::2    ────  eth0 10.7.0.1, fd07::1
 *          10.7.0.3 (does not knock)  knockd, killed; an echo service on 22
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { C_KNOCK, knockdCommand, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER, Wire } from '../lab/wire.ts';
import { takeAwaySets } from './firewall.ts';
import { withMounts } from './mount-prefixes.ts';

/** Long enough to look at an open port first, on a machine that has much to do. */
const OPEN_FOR_S = 15;
const PATIENCE_MS = 90_000;
/** Between two looks: an open port answers at once. */
const LOOK_MS = 500;

const CONFIG = `[ssh]
  sequence = 7000,8000,9000
  seq_timeout = 15
  tcpflags = syn
  open     = tcp/22
  open_for = ${OPEN_FOR_S}
`;

/** The package does not exist: nothing is where its command is looked for. */
const WITHOUT_COMMAND = withMounts([['/dev/null', '/usr/sbin/ipset']]);

const shut = (iptables: string): string => `
${iptables} -w -P INPUT DROP
${iptables} -w -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
${iptables.replace('ip', 'ip6')} -w -P INPUT DROP
${iptables.replace('ip', 'ip6')} -w -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
${iptables.replace('ip', 'ip6')} -w -A INPUT -p icmpv6 -j ACCEPT`;

const KERNELS = [
  ['with the package ipset', [], false, /leases in ipset/],
  ['without the package ipset', WITHOUT_COMMAND, false, /leases in ipset/],
  ['without ipset in the kernel', [], true, /leases as rules, which the kernel ends by the wall clock/],
] as const;

describe('killed, with doors open: the kernel closes them at their time', { concurrency: 3 }, () => {
  for (const variant of ['iptables-nft', 'iptables-legacy']) {
    for (const [name, prefix, isWithoutSets, expected] of KERNELS) {
      test(`${variant} ${name}`, async () => {
        await using wire = await Wire.create();
        using directory = new WorkDirectory();
        const { client, server } = wire;
        await server.run('sh', '-ec', shut(variant));
        if (isWithoutSets) await takeAwaySets(server);
        await using _service = await startService(server, 22);
        const [command = '', ...args] = [...prefix, ...knockdCommand(directory, CONFIG)];
        await using knockd = server.start(command, ...args);
        await knockd.saw(/listening on/);
        assert.match(knockd.output, expected);
        for (const [from, to] of [
          [CLIENT, SERVER],
          [CLIENT6, SERVER6],
        ] as const) {
          await assertShut(client, to, 22, from);
          await client.run(C_KNOCK, from === CLIENT ? '-4' : '-6', to, '7000', '8000', '9000');
          await knockd.saw(new RegExp(`${from}: ssh: opened`));
          await assertOpen(client, to, 22, from);
        }
        await knockd.stop('SIGKILL');
        await assertShut(client, SERVER, 22, STRANGER);
        for (const [from, to] of [
          [CLIENT, SERVER],
          [CLIENT6, SERVER6],
        ] as const)
          await sawShut(client, to, from);
      });
    }
  }
});

async function sawShut(client: Namespace, to: string, from: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const isShut = await assertShut(client, to, 22, from).then(
      () => true,
      () => false,
    );
    if (isShut) return;
    assert.ok(performance.now() < deadline, `22 stays open to ${from}`);
    await delay(LOOK_MS);
  }
}
