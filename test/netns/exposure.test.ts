/**
 * What the daemon calls closed has been judged against the whole ruleset: at its start, after each change of the rules,
 * over both families; and `bussa status` tells the same.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startService } from '../lab/service.ts';
import { ClientStage, SSH_DOOR } from './client-stage.ts';
import { BUSSA } from './up-stage.ts';

const ELSEWHERE = `table ip sent { chain pre {
  type nat hook prerouting priority dstnat; policy accept;
  tcp dport 22 dnat to 10.8.0.9;
}; }`;
const BY_CHANCE = `table inet chance { chain early {
  type filter hook prerouting priority mangle; policy accept;
  tcp dport 22 numgen random mod 2 0 notrack;
}; }`;

async function statusOf(stage: ClientStage): Promise<string> {
  const place = ['-c', stage.directory.file('knockd.conf'), '--state', stage.directory.path];
  return stage.wire.server.run(BUSSA, 'status', ...place);
}

describe('nobody says "closed" of a port that a stranger reaches', { concurrency: 2 }, () => {
  test('the log and the status follow the rules: closed, sent elsewhere, closed again', async () => {
    await using stage = await ClientStage.create();
    const { server } = stage.wire;
    await using _service = await startService(server, 22);
    await server.run(
      'nft',
      'table inet owner { chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }; }',
    );
    const daemon = await stage.startDaemon(SSH_DOOR);
    await daemon.saw(/strangers cannot reach, judged by the whole ruleset: tcp\/22/);
    assert.match(await statusOf(stage), /strangers +closed to them: tcp\/22/);

    await server.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    await server.run('nft', ELSEWHERE);
    await daemon.saw(/tcp\/22 is open to everybody over IPv4: .*sent on by `nft ip sent pre, handle \d+`/);
    const open = await statusOf(stage);
    assert.match(open, /strangers +PROBLEM: tcp\/22 is open to everybody over IPv4/);
    assert.doesNotMatch(open, /closed to them/);

    await server.run('nft', 'delete table ip sent');
    await daemon.saw(/strangers cannot reach, judged by the whole ruleset: tcp\/22/, 2);
    assert.match(await statusOf(stage), /strangers +closed to them: tcp\/22/);
  });

  test('what cannot be judged is told as that', async () => {
    await using stage = await ClientStage.create();
    const { server } = stage.wire;
    const daemon = await stage.startDaemon(SSH_DOOR);
    await daemon.saw(/strangers cannot reach, judged by the whole ruleset: tcp\/22/);
    await server.run('nft', BY_CHANCE.replace('notrack', 'tcp dport set 23'));
    await daemon.saw(/tcp\/22 over IPv4 and IPv6 could not be judged: numgen/);
    assert.doesNotMatch(await statusOf(stage), /closed to them/);
  });
});
