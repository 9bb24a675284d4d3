/** A descriptor that has reported an error is watched all the same: of every kind of socket, with the real kernel. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { moduleOf } from '../lab/child-module.ts';
import { Namespace } from '../lab/namespace.ts';

/**
 * Watches a packet socket bound to eth0, and a datagram socket whose peer does not listen, and says `KIND lost` or
 * `KIND read`. A line on standard input sends a datagram to the peer.
 */
const WATCHER = `
  import { readFileSync } from 'node:fs';
  import { libc } from '${moduleOf('host/ffi/libc.ts')}';
  import { sockets } from '${moduleOf('host/ffi/socket.ts')}';
  import { lastError } from '${moduleOf('host/ffi/system-call-error.ts')}';
  import { watchReadable } from '${moduleOf('host/ffi/readiness.ts')}';
  const NONBLOCK = 0o4000, bytes = new Uint8Array(2048);
  const watch = (kind, fd) => watchReadable(fd, (isLost) => {
    let count = 0;
    while (libc.recv(fd, bytes, bytes.length, 0) > 0) count++;
    // An error that comes between the event and the read is the read's.
    if (isLost || lastError('recv', kind).code !== 'EAGAIN') console.log(kind + ' lost');
    if (count > 0) console.log(kind + ' read');
  });
  const packet = libc.socket(17, 2 | NONBLOCK, 0);
  const link = new Uint8Array(20), view = new DataView(link.buffer);
  view.setUint16(0, 17, true); view.setUint16(2, 3); view.setInt32(4, sockets.ifNametoindex('eth0'), true);
  if (libc.bind(packet, link, 20) !== 0) throw new Error('bind');
  const datagrams = libc.socket(2, 2 | NONBLOCK, 0);
  const address = (port) => Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  libc.bind(datagrams, address(4001), 16);
  sockets.connect(datagrams, address(4002), 16);
  const watches = [watch('packet', packet), watch('datagram', datagrams)];
  process.stdin.on('data', (text) => {
    if (String(text).includes('stop')) { for (const one of watches) one.close(); process.stdin.destroy(); console.log('closed'); }
    else libc.send(datagrams, bytes, 1, 0);
  });
  console.log('watching');
`;

describe('a descriptor that reports an error', () => {
  test('an interface that goes down, a peer that is not there: again and again, and what comes later is heard', async () => {
    await using namespace = await Namespace.create();
    await namespace.ip('link add eth0 type veth peer name peer0');
    await namespace.ip('link set peer0 up');
    await namespace.ip('link set eth0 up');
    await namespace.ip('addr add 10.1.0.1/24 dev eth0');
    await using program = namespace.start(process.execPath, '--input-type=module', '--eval', WATCHER);
    await program.saw(/^watching$/m);
    for (let round = 1; round <= 3; round++) {
      const read = program.count(/^packet read$/gm);
      await namespace.ip('link set eth0 down');
      await program.saw(/^packet lost$/gm, round);
      await namespace.ip('link set eth0 up');
      // The kernel itself sends there as soon as the link is up (multicast listener reports).
      await namespace.status('ping', '-c', '1', '-W', '1', '10.1.0.2');
      await program.saw(/^packet read$/gm, read + 1);

      program.write('go\n');
      await program.saw(/^datagram lost$/gm, round);
      const datagrams = program.count(/^datagram read$/gm);
      const send =
        'use Socket; socket(S, PF_INET, SOCK_DGRAM, 0); bind(S, pack_sockaddr_in(4002, INADDR_LOOPBACK)) or die; send(S, "x", 0, pack_sockaddr_in(4001, INADDR_LOOPBACK)) or die;';
      await namespace.run('perl', '-e', send);
      await program.saw(/^datagram read$/gm, datagrams + 1);
    }
    program.write('stop\n');
    assert.equal((await program.exited).code, 0, 'nothing holds the process after the close');
  });
});
