/**
 * Signed knocks at the whole daemon, made by a real ssh-agent.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2    ────  eth0 10.7.0.1  fd07::1
 *          10.7.0.3 (the stranger)    knockd, a firewall or none, an echo service on 22
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type Asked, readReply, SIGNED_PORT } from '../lab/knock-signer.ts';
import { BUSSA } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { PayloadSender } from '../lab/payload-sender.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { addAddresses, CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';
import { INNER, KEY_DOOR, masqueraded, policyDrop, SignedFixture } from './signed-fixture.ts';

/** The server's addresses are on a bridge with its wire as port. */
async function bridge(server: Namespace): Promise<void> {
  await server.ip('link add br0 type bridge');
  await server.ip('link set br0 up');
  for (const address of [`${SERVER}/24`, `${SERVER6}/64`]) await server.ip(`addr del ${address} dev eth0`);
  await server.ip('link set eth0 master br0');
  await addAddresses(server, 'br0', SERVER, SERVER6);
}

const [bussa = ''] = BUSSA;

const SITUATIONS = [
  ['no firewall at all', async () => undefined],
  ['an nftables ruleset with policy drop', policyDrop],
  ['iptables with policy DROP', shutFirewall],
] as const;

describe('signed knocks', { concurrency: 2 }, () => {
  for (const [name, arrange] of SITUATIONS) {
    test(`${name}: one packet opens for its source, IPv4 and IPv6, and the sealed reply says so`, async () => {
      await using stage = await SignedFixture.create({ arrange });
      const { client } = stage.wire;
      await assertShut(client, SERVER, 22, CLIENT);
      const reply = await stage.knock({ source: CLIENT });
      assert.deepEqual([reply?.status, reply?.seen], ['open', CLIENT]);
      assert.ok(reply !== undefined && reply.left > 20_000 && reply.left <= 30_000, `${reply?.left}`);
      await assertOpen(client, SERVER, 22, CLIENT);
      await assertShut(client, SERVER, 22, STRANGER);
      const reply6 = await stage.knock({ source: CLIENT6 }, CLIENT6, SERVER6);
      assert.deepEqual([reply6?.status, reply6?.seen], ['open', CLIENT6]);
      await assertOpen(client, SERVER6, 22, CLIENT6);
      const sockets = await stage.wire.server.run('ss', '-Hlnu');
      assert.doesNotMatch(sockets, new RegExp(`:${SIGNED_PORT}\\b`), 'no UDP port is opened');
    });
  }

  test('through NAT: without a source it opens for the outer address; with the inner address, the reply names the outer one', async () => {
    await using stage = await SignedFixture.create();
    const { client } = stage.wire;
    await using lan = await masqueraded(client);
    await using sender = await PayloadSender.start(lan);
    const knock = async (asked: Asked) => {
      const signed = await stage.signer.sign(asked);
      await sender.send(INNER, SERVER, SIGNED_PORT, signed.packet);
      return readReply(signed, (await sender.reply()).payload);
    };
    const bound = await knock({ source: INNER });
    assert.deepEqual([bound?.status, bound?.seen], ['source', CLIENT]);
    await assertShut(lan, SERVER, 22, INNER);
    const again = await knock({ source: CLIENT });
    assert.equal(again?.status, 'open');
    await assertOpen(lan, SERVER, 22, INNER);
    const unbound = await knock({});
    assert.deepEqual([unbound?.status, unbound?.seen], ['open', CLIENT]);
  });

  test('each refusal is logged once a source and minute, answered, and explained', async () => {
    const config = `${KEY_DOOR}[other]\n  accept = key\n  users = bob\n  open = tcp/23\n  require_source = yes\n`;
    await using stage = await SignedFixture.create({ config, keys: { alice: [], bob: [], nobody: [] } });
    const { signer, knockd, wire } = stage;
    const explain = async (source: string): Promise<string> =>
      wire.server.run(
        bussa,
        'explain',
        source,
        '-c',
        stage.directory.file('knockd.conf'),
        '--state',
        stage.directory.path,
      );
    const wrong = await stage.knock({ aheadMs: -180_000, door: 'ssh' });
    assert.equal(wrong?.status, 'clock');
    await knockd.saw(
      /^.*10\.7\.0\.2: alice: signed knock refused: the clock of the sender is 3 min behind$/m,
    );
    const opened = await stage.knock({ challenge: wrong?.challenge ?? new Uint8Array(), door: 'ssh' });
    assert.equal(opened?.status, 'open', 'a second round with the challenge opens all the same');
    const replay = await stage.signer.sign({ challenge: wrong?.challenge ?? new Uint8Array(), door: 'ssh' });
    await stage.sender.send(STRANGER, SERVER, SIGNED_PORT, replay.packet);
    await knockd.saw(/10\.7\.0\.3: alice: signed knock refused: its challenge is wrong or no longer valid/);
    assert.equal((await stage.sender.reply()).from, SERVER);
    const refused = await stage.knock({ door: 'other' });
    assert.equal(refused?.status, 'refused');
    assert.match(await explain(CLIENT), /refused: alice may not open a door other/);
    const unbound = await stage.knock({ key: 'bob', door: 'other' });
    assert.equal(unbound?.status, 'source');
    assert.equal((await stage.knock({ key: 'bob', door: 'other', source: CLIENT }))?.status, 'open');
    const lines = knockd.count(/10\.7\.0\.2: .*signed knock refused/g);
    assert.equal(lines, 1, 'one line a source and minute');
    signer.writeUsers({ alice: '  off = yes\n' });
    knockd.signal('SIGHUP');
    await knockd.saw(/listening on/g, 2);
    assert.equal((await stage.knock({ door: 'ssh' }, CLIENT6, SERVER6))?.status, 'refused');
    await knockd.saw(/fd07::2: alice: signed knock refused: its user is off/);
  });

  test('noise is counted, and leaves neither line nor trace', async () => {
    await using stage = await SignedFixture.create();
    const { packet } = await stage.signer.sign();
    const elsewhere = await stage.signer.sign({ serverPublic: new Uint8Array(32).fill(9) });
    const before = stage.knockd.output.length;
    for (const length of [0, 1, 319, 320, 321, 704, 1232, 1400])
      await stage.sender.send(CLIENT, SERVER, SIGNED_PORT, new Uint8Array(length).fill(0xa5));
    for (const at of [0, 4, 11, 12, 43]) {
      const changed = Uint8Array.from(packet);
      changed[at] = (changed[at] as number) ^ 1;
      await stage.sender.send(CLIENT, SERVER, SIGNED_PORT, changed);
    }
    await stage.sender.send(CLIENT, SERVER, SIGNED_PORT, elsewhere.packet);
    assert.equal((await stage.knock())?.status, 'open', 'the honest one opens behind them');
    const lines = stage.knockd.output
      .slice(before)
      .split('\n')
      .filter((line) => line.includes('signed knock'));
    assert.deepEqual(lines, []);
    assert.equal(stage.sender.replies, 1);
  });

  test('its ring is there while a door accepts keys, and comes and goes with a reload', async () => {
    await using stage = await SignedFixture.create();
    const { knockd, directory, wire } = stage;
    const rings = async (): Promise<number> =>
      (await wire.server.run('cat', '/proc/net/packet')).trim().split('\n').length - 1;
    const whole = readFileSync(directory.file('knockd.conf'), 'utf8');
    const reload = async (config: string, nth: number): Promise<void> => {
      directory.file('knockd.conf', config);
      knockd.signal('SIGHUP');
      await knockd.saw(/listening on/g, nth);
    };
    assert.equal(await rings(), 2);
    await reload(whole.replace('accept   = key', 'sequence = 7000,8000'), 2);
    assert.equal(await rings(), 1);
    await reload(whole, 3);
    assert.equal(await rings(), 2);
    assert.equal((await stage.knock())?.status, 'open');
    await reload(whole.replace(`Signed_Port = ${SIGNED_PORT}`, `Signed_Port = ${SIGNED_PORT + 1}`), 4);
    const signed = await stage.signer.sign();
    await stage.sender.send(CLIENT, SERVER, SIGNED_PORT + 1, signed.packet);
    assert.equal((await stage.sender.reply()).port, SIGNED_PORT + 1);
  });

  test('where a bridge and its port show a packet twice, it counts once and is not called used', async () => {
    await using stage = await SignedFixture.create({ arrange: bridge });
    assert.equal((await stage.knock())?.status, 'open');
    assert.equal((await stage.knock())?.status, 'open');
    await stage.fence();
    assert.doesNotMatch(stage.knockd.output, /used already/);
  });
});
