/**
 * Services whose sockets are bound to a device, as all are within a VRF: `close_kills` ends their connections, and
 * `Interface = vrf0` hears what the members of the VRF hear.
 *
 *     client                          server
 *     eth0 10.7.0.2 fd07::2     ────  eth0 10.7.0.1 fd07::1 (in vrf0, where the kernel has VRFs)
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import type { Program } from '../lab/program.ts';
import { CLIENT, CLIENT6, linkUp, SERVER, SERVER6, Wire } from '../lab/wire.ts';

const door = (how: string, options = ''): string => `${options}[talk]
  sequence    = 7000,8000,9000
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/9022
  open_for    = 2
  ${how}
`;

/** SO_BINDTODEVICE is 25 (asm-generic/socket.h). Says what becomes of each connection. */
const SERVICE = `use Socket qw(:all); $| = 1; my ($device, $port) = @ARGV;
socket(S, PF_INET6, SOCK_STREAM, 0) or die; setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
setsockopt(S, SOL_SOCKET, 25, $device) or die "device: $!";
bind(S, pack_sockaddr_in6($port, inet_pton(AF_INET6, "::"))) or die; listen(S, 8); print "serving\\n";
while (accept(C, S)) { print "begun\\n"; syswrite(C, "welcome\\n");
  my $n; 1 while ($n = sysread(C, my $b, 1024)); print defined $n ? "ended\\n" : "reset: $!\\n"; close C; }`;

async function startBound(server: Namespace, device: string): Promise<Program> {
  const service = server.start('perl', '-e', SERVICE, device, '9022');
  await service.saw(/serving/);
  return service;
}

async function kernelHasVrf(): Promise<boolean> {
  await using namespace = await Namespace.create();
  return namespace.ip('link add vrf0 type vrf table 10').then(
    () => true,
    () => false,
  );
}

/** Knocks, connects, and sees the service's socket ended when the lease is over, though nobody has closed it. */
async function assertCut(wire: Wire, service: Program, knockd: Program): Promise<void> {
  for (const [nth, [from, to, flag]] of (
    [
      [CLIENT, SERVER, '-4'],
      [CLIENT6, SERVER6, '-6'],
    ] as const
  ).entries()) {
    await wire.client.run(C_KNOCK, flag, to, '7000', '8000', '9000');
    await knockd.saw(new RegExp(`^${from}: talk: opened`, 'm'));
    await using connection = wire.client.start('nc', '-s', from, to, '9022');
    await connection.saw(/welcome/);
    await knockd.saw(new RegExp(`^${from}: talk: .*1 connection.*`, 'm'));
    // ECONNABORTED, which SOCK_DESTROY leaves to the one who reads.
    await service.saw(/^reset: /m, nth + 1);
  }
}

describe('services that are bound to a device', { concurrency: 2 }, async () => {
  test('close_kills ends their sockets, over IPv4 and IPv6', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using service = await startBound(wire.server, 'eth0');
    await using knockd = await startKnockd(wire.server, directory, door('close_kills = yes'));
    await assertCut(wire, service, knockd);
  });

  const skip = (await kernelHasVrf()) ? false : 'this kernel has no VRFs (CONFIG_NET_VRF)';

  test('within a VRF: Interface = vrf0, close_kills and hold', { skip }, async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await server.ip('link add vrf0 type vrf table 10');
    await server.ip('link set vrf0 up');
    await server.ip('link set eth0 master vrf0');
    await linkUp(server, 'eth0');
    // A new master takes the IPv6 addresses away.
    await server.ip(`addr replace ${SERVER6}/64 dev eth0 nodad`);
    await using service = await startBound(server, 'vrf0');
    const options = '[options]\n  Interface = vrf0\n';
    await using knockd = await startKnockd(
      server,
      directory,
      door('hold = yes\n  close_kills = yes', options),
    );
    await client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await knockd.saw(new RegExp(`^${CLIENT}: talk: opened`, 'm'));
    {
      await using connection = client.start('nc', '-s', CLIENT, SERVER, '9022');
      await connection.saw(/welcome/);
      await knockd.saw(new RegExp(`^${CLIENT}: talk: held open while a connection lives`, 'm'));
    }
    await service.saw(/^ended$/m);
    await knockd.saw(new RegExp(`^${CLIENT}: talk: closed`, 'm'));
    assert.ok(knockd.running);
  });
});
