/**
 * `bussa explain`: each sentence, by real packets at a daemon that runs.
 *
 *     client                            server
 *     eth0 10.7.0.2 (who is asked about) ── eth0 10.7.0.1
 *          10.7.0.3 (the stranger)          knockd, a service on 22
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { ControlFixture } from './control-fixture.ts';

const CONFIG = `[ssh]
  sequence    = 7000,8000,9000
  seq_timeout = 2
  tcpflags    = syn,!ack
  open        = tcp/22
  open_for    = 1
[any]
  sequence    = 6000,8010,6100
  seq_timeout = 2
  start_command = true
[twice]
  sequence    = 5000,5000,5200
  seq_timeout = 2
  start_command = true
[few]
  sequence    = 4000,4200
  open        = tcp/23
  open_for    = 60
  max_leases  = 1
[friends]
  sequence    = 3000,3200
  open        = tcp/24
  open_for    = 60
  allow       = 192.0.2.0/24
`;

/** Whoever a packet can be said to come from. */
const OTHER = '10.7.0.9';

type Story = {
  readonly entries: readonly { readonly kind: string; readonly knock?: string; readonly count: number }[];
  readonly why: { readonly kind: string; readonly door?: string; readonly sentence: string };
  readonly opened: boolean;
};

let sent = 0;

/** One packet; `words` say what hping3 is to make of it. By itself it gives two packets of one second the same numbers. */
async function send(stage: ControlFixture, port: number, words = '-S', from = CLIENT): Promise<void> {
  sent += 1;
  const own = words.includes('-M') ? '' : ` -s ${10_000 + sent} -M ${sent}`;
  const options = ['-q', '-c', '1', '-i', 'u1', '-a', from, ...`${words}${own}`.split(' ')];
  await stage.client.status('hping3', ...options, '-p', `${port}`, SERVER);
}

/** Every packet sent before has been judged: a door opens to the stranger. */
async function settle({ client, knockd }: ControlFixture): Promise<void> {
  const count = knockd.count(/: fence: OPEN SESAME/g);
  await client.status('hping3', '-q', '-c', '1', '-i', 'u1', '-2', '-a', STRANGER, '-p', '65000', SERVER);
  await knockd.saw(/: fence: OPEN SESAME/, count + 1);
}

async function story(stage: ControlFixture, address = CLIENT): Promise<Story> {
  await settle(stage);
  return stage.json<Story>('explain', address);
}

/** Knocks by SYN packets, in this order. */
async function knock(stage: ControlFixture, ...ports: readonly number[]): Promise<void> {
  for (const port of ports) await send(stage, port);
}

describe('bussa explain', () => {
  let stage: ControlFixture;
  before(async () => {
    stage = await ControlFixture.create(CONFIG);
  });
  after(() => stage[Symbol.asyncDispose]());

  /** Begins an attempt at the door, and waits for its end. */
  const timeout = async (door: string, begin: () => Promise<void>): Promise<void> => {
    const line = new RegExp(`${CLIENT}: ${door}: sequence timeout`, 'g');
    const count = stage.knockd.count(line);
    await begin();
    await stage.knockd.saw(line, count + 1);
  };

  test('nothing has been seen of the address', async () => {
    const { why, entries } = await story(stage, '192.0.2.99');
    assert.deepEqual([why.kind, entries.length], ['nothing', 0]);
    const text = await stage.ask('explain', '192.0.2.99');
    assert.match(
      text.output,
      /^Not opened: nothing from 192\.0\.2\.99 has been seen since \d\d:\d\d:\d\d; does it reach this host\? Bussa does not read packets to ports that no door uses\.$/m,
    );
  });

  test('a wrong knock: one of the own ports, and a neighbour', async () => {
    await knock(stage, 7000, 9000);
    const own = await story(stage);
    assert.equal(own.why.sentence, 'the second knock hit tcp/9000 instead of tcp/8000');
    assert.deepEqual([own.why.door, own.opened], ['ssh', false]);
    await timeout('ssh', () => knock(stage, 7000, 8000, 9001));
    const { why, entries } = await story(stage);
    assert.equal(why.sentence, 'the third knock hit tcp/9001 instead of tcp/9000');
    assert.ok(entries.some((entry) => entry.kind === 'tripwire' && entry.knock === 'tcp/9001'));
  });

  test('too late, and not at all', async () => {
    await timeout('ssh', () => knock(stage, 7000, 8000));
    assert.equal(
      (await story(stage)).why.sentence,
      'the third knock, tcp/9000, did not arrive within 2 s of the first',
    );
    await knock(stage, 9000);
    assert.match(
      (await story(stage)).why.sentence,
      /^the sequence took ([2-9]|[1-9][0-9]+)(\.[0-9])? s, but its limit is 2 s$/,
    );
  });

  test('a retransmission does not count', async () => {
    await timeout('twice', async () => {
      for (let i = 0; i < 3; i++) await send(stage, 5000, '-S -s 4711 -k -M 99');
    });
    const { why, entries } = await story(stage);
    assert.equal(
      why.sentence,
      'the second knock, tcp/5000, was a retransmission of a packet seen before, which is ignored',
    );
    assert.equal(entries.find(({ kind }) => kind === 'retransmission')?.count, 2);
  });

  test('the wrong flags', async () => {
    // Read at all because `any`, which asks for no flags, has a port beside it.
    await timeout('ssh', async () => {
      await knock(stage, 7000);
      await send(stage, 8000, '-S -A');
    });
    assert.equal(
      (await story(stage)).why.sentence,
      'the second knock, tcp/8000, has the wrong flags: syn,ack, but tcpflags requires syn,!ack',
    );
    await send(stage, 8000, '-A', OTHER);
    assert.match(
      (await story(stage, OTHER)).why.sentence,
      /^tcp\/8000 at [\d:]+ has the wrong flags: ack, but/,
    );
  });

  test('refused: not in allow, and as many leases as there may be', async () => {
    await knock(stage, 3000, 3200);
    assert.equal(
      (await story(stage)).why.sentence,
      `the sequence was right, but ${CLIENT} is not in the door's allow`,
    );
    for (const port of [4000, 4200]) await send(stage, port, '-S', STRANGER);
    await stage.knockd.saw(new RegExp(`${STRANGER}: few: opened`));
    await knock(stage, 4000, 4200);
    const { why } = await story(stage);
    assert.deepEqual([why.kind, why.door], ['refused', 'few']);
    assert.match(why.sentence, /the lease limit is reached \(max_leases\)$/);
  });

  test('opened, and closed', async () => {
    await knock(stage, 7000, 8000, 9000);
    await stage.knockd.saw(new RegExp(`${CLIENT}: ssh: opened tcp/22`));
    const open = await stage.ask('explain', CLIENT);
    assert.match(open.output, /^\d\d:\d\d:\d\d\.\d{3} {2}tcp\/7000 {2}ssh: stage 1 of 3$/m);
    await stage.knockd.saw(new RegExp(`${CLIENT}: ssh: closed tcp/22`));
    await settle(stage);
    const closed = await stage.ask('explain', CLIENT);
    assert.match(closed.output, /^Opened: ssh: the door was opened at [\d:]+, and closed at [\d:]+\.$/m);
  });

  test('in penalty after decoy ports; unban lifts it', async () => {
    await knock(stage, 7010, 7020, 7000, 8000, 9000);
    const { why, opened } = await story(stage);
    assert.match(
      why.sentence,
      /^the sequence was right, but a decoy port was touched \(tcp\/7020 at .*; in penalty until [\d:]+/,
    );
    assert.equal(opened, false);
    const lifted = await stage.ask('unban', CLIENT);
    assert.match(lifted.output, /There was no ban of 10\.7\.0\.2\.\nIts penalty has ended\./);
    const count = stage.knockd.count(new RegExp(`${CLIENT}: ssh: opened`, 'g'));
    await knock(stage, 7000, 8000, 9000);
    await stage.knockd.saw(new RegExp(`${CLIENT}: ssh: opened`), count + 1);
  });

  test('who is followed is said to be', async () => {
    assert.match((await stage.ask('explain', '--follow', '192.0.2.5')).output, /It is followed/);
    assert.match((await stage.ask('explain', '192.0.2.5')).output, /It is followed/);
    const bad = await stage.ask('explain', 'host');
    assert.equal(bad.code, 2);
    assert.match(bad.output, /'host' is not an address/);
  });
});
