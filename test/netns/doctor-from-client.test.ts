/**
 * `bussa doctor --from-client`: the client's half, each of its answers brought about for real.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2  ──────  eth0 10.7.0.1  fd07::1
 *     doctor --from-client            bussa up, a service on 22
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { startService } from '../lab/service.ts';
import { SERVER } from '../lab/wire.ts';
import { ClientFixture, PROFILE } from './client-fixture.ts';
import { assertVerdict, type Report, readReport } from './doctor-report.ts';

async function examineFromClient(stage: ClientFixture): Promise<Report> {
  await using program = stage.bussa('doctor', '--json', '--from-client', 'box', '-F', stage.hosts);
  const { code } = await program.exited;
  return readReport(program.output, code);
}

describe('bussa doctor --from-client', { concurrency: 2 }, () => {
  test('opened; and a port that is not hidden', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    assertVerdict(await examineFromClient(stage), 'not-hidden', 'warning');
    await using _daemon = await stage.startDaemon();
    const report = await examineFromClient(stage);
    assertVerdict(report, 'opened', 'ok', /did not answer before the knock, and is open after it/);
    assert.equal(report.status, 0);
  });

  test('not sent', async () => {
    await using stage = await ClientFixture.create();
    await stage.wire.client.ip(`route add unreachable ${SERVER}/32`);
    const report = await examineFromClient(stage);
    const { hint = '' } = assertVerdict(report, 'not-sent', 'problem', /EHOSTUNREACH/);
    const [, look = ''] = /^look with: (.+)$/.exec(hint) ?? [];
    assert.match(await stage.wire.client.run('sh', '-c', `${look} 2>&1 || true`), /unreachable|No route/i);
    assert.equal(report.status, 1);
  });

  test('not seen: nobody has the address; the wire swallows all', async () => {
    await using stage = await ClientFixture.create();
    writeFileSync(stage.hosts, PROFILE.replace(SERVER, '10.7.0.99'));
    assertVerdict(await examineFromClient(stage), 'not-seen', 'problem', /out of reach \(EHOSTUNREACH\)/);
    writeFileSync(stage.hosts, PROFILE);
    await stage.wire.server.run(
      'nft',
      'table netdev deaf { chain in { type filter hook ingress device "eth0" priority 0; meta protocol ip drop; }; }',
    );
    await stage.wire.client.ip(`neigh replace ${SERVER} lladdr 02:00:00:00:00:01 dev eth0 nud permanent`);
    assertVerdict(await examineFromClient(stage), 'not-seen', 'unknown', /nothing has come back/);
  });

  test('seen but wrong; unknown if the host answers nothing', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    await using _daemon = await stage.startDaemon();
    writeFileSync(stage.hosts, PROFILE.replace('9000', '9001'));
    assertVerdict(await examineFromClient(stage), 'seen-but-wrong', 'problem', /its knock port answers/);
    await stage.wire.server.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '7000:9999', '-j', 'DROP');
    assertVerdict(await examineFromClient(stage), 'not-seen-or-wrong', 'unknown', /answers ping/);
  });

  test('opened, and nothing listens behind the door', async () => {
    await using stage = await ClientFixture.create();
    await using _daemon = await stage.startDaemon();
    assertVerdict(
      await examineFromClient(stage),
      'opened-but-unreachable',
      'problem',
      /nothing listens on the port/,
    );
  });
});
