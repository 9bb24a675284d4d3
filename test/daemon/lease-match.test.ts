import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOn } from '../../src/app/daemon/firewall/lease-match.ts';
import type { TrackedConnection } from '../../src/host/connections/connections.ts';
import { address, gate } from '../unit/nft/nft-gates.ts';

const source = address('192.0.2.7');

function isOnDoor(ports: string, connection: Pick<TrackedConnection, 'path' | 'port'>): boolean {
  const opened = { ...gate('web', ports), hold: true, closeKills: true };
  return isOn({ source, opened } as never)({ source, protocol: 'tcp', ...connection } as never);
}

test('a connection is the door’s to this host and through it where it forwards, to this host alone elsewhere', () => {
  assert.ok(isOnDoor('tcp/8080 forward', { path: 'forward', port: 8080 }));
  assert.ok(isOnDoor('tcp/8080 forward', { path: 'input', port: 8080 }), 'a proxy on this host');
  assert.ok(isOnDoor('tcp/8080', { path: 'input', port: 8080 }));
  assert.ok(!isOnDoor('tcp/8080', { path: 'forward', port: 8080 }));
  assert.ok(!isOnDoor('tcp/8080 forward', { path: 'input', port: 8081 }));
});
