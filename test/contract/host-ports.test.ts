import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { readEphemeralPorts, readServedPorts } from '../../src/host/ports/host-ports.ts';
import { readTcpListeners } from '../../src/host/ports/tcp-listeners.ts';

describe('the ports in use', () => {
  for (const host of ['127.0.0.1', '::1']) {
    test(`are those on which a socket waits, TCP and UDP, at ${host}, and no longer`, async () => {
      const server = createServer().listen(0, host);
      const socket = createSocket(host === '::1' ? 'udp6' : 'udp4');
      try {
        await once(server, 'listening');
        socket.bind(0, host);
        await once(socket, 'listening');
        const { port } = server.address() as AddressInfo;
        const served = readServedPorts();
        const found = readServedPorts(readTcpListeners);
        assert.ok(found.includes(port) && found.includes(socket.address().port), 'by netlink too');
        assert.ok(served.includes(port) && served.includes(socket.address().port));
        assert.deepEqual(
          served,
          [...new Set(served)].sort((a, b) => a - b),
        );

        const client = connect(port, host);
        await once(client, 'connect');
        const local = (client.address() as AddressInfo).port;
        assert.ok(!readServedPorts().includes(local), 'a connection to others is no service');
        client.destroy();
        server.close();
        await once(server, 'close');
        assert.ok(!readServedPorts().includes(port));
      } finally {
        server.close();
        socket.close();
      }
    });
  }

  test('those of TCP are found by netlink alone, and a connection is none of them', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    try {
      await once(client, 'connect');
      const ports = readTcpListeners() ?? assert.fail('this kernel has no socket diagnosis');
      assert.ok(ports.includes(port) && !ports.includes((client.address() as AddressInfo).port));
    } finally {
      client.destroy();
      server.close();
    }
  });

  test('for connections are a range', () => {
    const { first, last } = readEphemeralPorts();
    assert.ok(first >= 1 && first < last && last <= 65_535);
  });
});
