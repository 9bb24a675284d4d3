/** The primary of an engine dies, and a replica takes over: doors open all the while, and afterwards all have the same leases. */
import { describe, test } from 'node:test';
import { FleetFixture } from './fleet-fixture.ts';
import { FleetKnocks } from './fleet-knocks.ts';

const PORTS = ['7000', '8000'];

const DOORS = `[ssh]
  sequence = ${PORTS.join(',')}
  tcpflags = syn
  open     = tcp/22
  open_for = 600
  fleet    = share, accept
`;

describe('an engine with a replica and three sentinels', () => {
  test('its primary dies, comes back as a replica, and the new primary dies', async () => {
    await using stage = await FleetFixture.createPair({ doors: DOORS });
    const knocks = new FleetKnocks(stage, 'ssh', PORTS);
    const { primary, replica } = stage.engine;
    await stage.start();
    await knocks.send(6);
    await knocks.same();
    await primary.kill();
    await knocks.send(9);
    await knocks.same();
    await primary.restart();
    await stage.until(async () => {
      const role = await primary.order('INFO', 'replication');
      return /master_link_status:up/.test(role) ? undefined : `the former primary is no replica: ${role}`;
    });
    await replica.kill();
    await knocks.send(9);
    await knocks.same();
  });
});
