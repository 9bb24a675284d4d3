// The lines that `bussa init` prints for who has no client: run as printed by a real bash.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { renderBashKnock, renderPowerShellKnock } from '../../src/core/client/bare-knock.ts';
import type { Sequence } from '../../src/core/door/sequence.ts';

const run = promisify(execFile);

const sequenceOf = (...steps: readonly string[]): Sequence =>
  steps.map((step) => {
    const [protocol, port] = step.split('/');
    return { protocol, port: Number(port) };
  }) as unknown as Sequence;

describe('a knock without any program', () => {
  for (const host of ['127.0.0.1', '::1']) {
    test(`bash: every knock arrives in order, at ${host}`, async () => {
      const heard: string[] = [];
      const tcp = createServer((socket) => {
        heard.push('tcp');
        socket.on('error', () => undefined);
      }).listen(0, host);
      const udp = createSocket(host === '::1' ? 'udp6' : 'udp4').bind(0, host);
      await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
      udp.on('message', (bytes) => heard.push(`udp ${[...bytes]}`));
      const { port } = tcp.address() as AddressInfo;
      const line = renderBashKnock(
        host,
        sequenceOf(`tcp/${port}`, `udp/${udp.address().port}`, 'tcp/1', `tcp/${port}`),
      );
      const { stdout, stderr } = await run('sh', ['-c', line]);
      assert.deepEqual([stdout, stderr], ['', '']);
      while (heard.length < 3) await new Promise(setImmediate);
      assert.deepEqual(heard, ['tcp', 'udp 0', 'tcp']);
      tcp.close();
      udp.close();
    });
  }

  test('PowerShell: a loop for TCP alone, else a statement for each; the family of an IPv6 address is told', () => {
    const loop = renderPowerShellKnock('box.example.org', sequenceOf('tcp/7000', 'tcp/8000'));
    assert.match(
      loop,
      /^foreach \(\$p in 7000,8000\) \{ .*ConnectAsync\('box\.example\.org', \$p\)\.Wait\(200\).* \}$/,
    );
    const mixed = renderPowerShellKnock('2001:db8::1', sequenceOf('tcp/7000', 'udp/8000'));
    assert.match(
      mixed,
      /TcpClient\]::new\(\[Net\.Sockets\.AddressFamily\]'InterNetworkV6'\).*7000.*UdpClient.*8000/,
    );
  });
});
