import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { readEphemeralPorts, readServedPorts } from '../../src/host/ports/host-ports.ts';

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

  test('for connections are a range', () => {
    const { first, last } = readEphemeralPorts();
    assert.ok(first >= 1 && first < last && last <= 65_535);
  });
});
