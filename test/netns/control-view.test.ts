/** What the running daemon tells of itself: `bussa status`, `bussa leases`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6 } from '../lab/wire.ts';
import { ControlFixture, SSH_DOOR } from './control-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const COMMAND_DOOR = `
[command]
  sequence      = 7001
  tcpflags      = syn
  start_command = /bin/true
  stop_command  = /bin/false
  cmd_timeout   = 30
`;

type Row = { readonly door: string; readonly source: string; readonly left: number; readonly ports: string };

type Status = {
  readonly config: string;
  readonly uptime: number;
  readonly firewall: { readonly kind: string };
  readonly interfaces: readonly { readonly name: string; readonly up: boolean }[];
  readonly packets: { readonly passed: number; readonly dropped: number };
  readonly counts: Readonly<Record<string, number>>;
  readonly attempts: number;
  readonly tripwires: { readonly touches: number; readonly suspects: number };
  readonly lastError: { readonly text: string } | null;
  readonly doors: readonly { readonly name: string; readonly leases: number }[];
  readonly openLeases: readonly Row[];
};

describe('bussa status and leases', () => {
  test('show what has arrived, what is open and for how long, but no sequence', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR + COMMAND_DOOR);
    const { client, server, directory } = stage;
    assert.match((await stage.ask('leases')).output, /^no door is open$/m);

    await client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await client.run(C_KNOCK, '-6', SERVER6, '7000', '8000', '9000');
    await client.run(C_KNOCK, SERVER, '7001');
    await stage.knockd.saw(/fd07::2: ssh: opened/);
    await stage.knockd.saw(/command: running command/);
    await client.run(C_KNOCK, SERVER, '7000', '9000');
    // From another address than the fence, which would end the attempt.
    await client.run(C_KNOCK, '-6', SERVER6, '7000');
    await stage.fence();

    const status = await stage.json<Status>('status');
    assert.equal(status.config, directory.file('knockd.conf'));
    assert.equal(status.firewall.kind, 'in-place');
    assert.deepEqual(
      status.interfaces.filter(({ name }) => name === 'eth0'),
      [{ name: 'eth0', up: true }],
    );
    const { knocks, completed, failed, opened, refused, errors } = status.counts;
    assert.deepEqual(
      [completed, failed, opened, refused, errors],
      [4, 1, 3, 0, 0],
      JSON.stringify(status.counts),
    );
    assert.equal(knocks, 11);
    assert.ok(status.packets.passed >= 11 && status.packets.dropped === 0, JSON.stringify(status.packets));
    assert.equal(status.attempts, 1);
    assert.equal(status.lastError, null);
    assert.deepEqual(
      status.doors.map(({ name, leases }) => [name, leases]),
      [
        ['ssh', 2],
        ['command', 1],
        ['fence', 0],
      ],
    );
    assert.equal(status.openLeases.length, 3);

    const { leases } = await stage.json<{ leases: Row[] }>('leases', '--door', 'ssh');
    assert.deepEqual(
      leases.map(({ source, ports }) => [source, ports]),
      [
        [CLIENT, 'tcp/22'],
        [CLIENT6, 'tcp/22'],
      ],
    );
    for (const { left } of leases) assert.ok(left > 30 && left <= 60, `${left} s`);
    assert.equal((await stage.json<{ leases: Row[] }>('leases', '--ip', CLIENT)).leases.length, 2);

    const text = await stage.ask('status');
    assert.match(text.output, /^ssh +tcp\/22 +1m +2 of 65536/m);
    assert.match(
      text.output,
      /^bussa .*\n\nDOOR +ADDRESS +USER .*\n(?:\S+ +(?:10\.7|fd07).*\n){3}\nDOOR +OPENS/,
      'who is in comes first',
    );
    assert.match(text.output, /^ssh +fd07::2 +tcp\/22 /m);
    assert.match(text.output, /nftables, table inet bussa: in place/);
    assert.doesNotMatch(text.output, /7000|8000/);
    assert.equal((await stage.ask('leases', '--ip', 'localhost')).code, 2);

    await stage.server.run('nft', 'flush', 'ruleset');
    await stage.knockd.saw(/missing or changed; restored/);
    assert.equal((await stage.knockd.stop()).code, 0);
    const gone = await server.status(BUSSA, 'status', '--state', directory.path);
    assert.equal(gone, 69);
  });
});
