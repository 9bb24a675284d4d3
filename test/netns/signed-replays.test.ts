/**
 * Signed knocks that somebody has recorded, sent once more: a thousand times, from the same and other addresses, to the
 * same and another server, through restarts and deaths of the daemon. None opens anything.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readReply, SIGNED_PORT, type Signed } from '../lab/knock-signer.ts';
import { PayloadSender } from '../lab/payload-sender.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';
import { INNER, KEY_DOOR, masqueraded, policyDrop, SignedFixture } from './signed-fixture.ts';

const TIMES = 1000;

/** From everywhere, over both families. Everything has been judged when this returns. */
async function replay(stage: SignedFixture, { packet }: Signed, times = TIMES): Promise<void> {
  await stage.sender.send(CLIENT, SERVER, SIGNED_PORT, packet, times);
  await stage.sender.send(STRANGER, SERVER, SIGNED_PORT, packet, times);
  await stage.sender.send(CLIENT6, SERVER6, SIGNED_PORT, packet, times);
  await stage.fence();
}

/** Where the daemon keeps its record. */
function databaseFiles(stage: SignedFixture): string[] {
  const [name] = readdirSync(stage.directory.path, { withFileTypes: true }).filter((one) =>
    one.isDirectory(),
  );
  const directory = join(stage.directory.path, name?.name ?? '');
  return readdirSync(directory)
    .filter((file) => file.startsWith('leases.db'))
    .map((file) => join(directory, file));
}

describe('recorded signed knocks', { concurrency: 2 }, () => {
  test('open nothing once more here, nor at another server with the same users', async () => {
    const config = KEY_DOOR.replace('30', '2');
    await using stage = await SignedFixture.create({ config });
    await using other = await SignedFixture.create({ usersOf: stage.signer });
    const signed = await stage.signer.sign();
    assert.equal((await stage.knockWith(signed))?.status, 'open');
    await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: closed tcp\/22/);
    await replay(stage, signed);
    await replay(other, signed);
    assert.deepEqual([stage.openings, other.openings], [1, 0]);
    assert.equal(stage.sender.replies, 1, 'a replay gets no reply');
    await stage.sendUntil(signed, STRANGER, SERVER, /10\.7\.0\.3: signed knock refused: it was used already/);
    for (const source of [CLIENT, STRANGER]) await assertShut(stage.wire.client, SERVER, 22, source);
    assert.equal((await stage.knock())?.status, 'open', 'a fresh one does');
  });

  for (const [name, arrange] of [
    ['behind an nftables ruleset with policy drop', policyDrop],
    ['behind iptables with policy DROP', shutFirewall],
  ] as const) {
    test(`open nothing once more ${name}`, async () => {
      await using stage = await SignedFixture.create({ config: KEY_DOOR.replace('30', '2'), arrange });
      const signed = await stage.signer.sign();
      assert.equal((await stage.knockWith(signed))?.status, 'open');
      await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: closed tcp\/22/);
      await replay(stage, signed);
      assert.deepEqual([stage.openings, stage.sender.replies], [1, 1]);
      for (const source of [CLIENT, STRANGER]) await assertShut(stage.wire.client, SERVER, 22, source);
    });
  }

  test('of a client behind NAT, open nothing from behind it, from the router, nor from elsewhere', async () => {
    await using stage = await SignedFixture.create({ config: KEY_DOOR.replace('30', '2') });
    const { client } = stage.wire;
    await using lan = await masqueraded(client);
    await using sender = await PayloadSender.start(lan);
    const signed = await stage.signer.sign();
    await sender.send(INNER, SERVER, SIGNED_PORT, signed.packet);
    const reply = readReply(signed, (await sender.reply()).payload);
    assert.deepEqual([reply?.status, reply?.seen], ['open', CLIENT]);
    await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: closed tcp\/22/);
    await sender.send(INNER, SERVER, SIGNED_PORT, signed.packet, TIMES);
    await replay(stage, signed);
    assert.deepEqual([stage.openings, sender.replies, stage.sender.replies], [1, 1, 0]);
    await assertShut(lan, SERVER, 22, INNER);
    for (const source of [CLIENT, STRANGER]) await assertShut(client, SERVER, 22, source);
  });

  test('bound to its source, one that was held back opens from nowhere else', async () => {
    await using stage = await SignedFixture.create();
    const signed = await stage.signer.sign({ source: CLIENT });
    await stage.sender.send(STRANGER, SERVER, SIGNED_PORT, signed.packet, TIMES);
    await stage.sender.send(CLIENT6, SERVER6, SIGNED_PORT, signed.packet, TIMES);
    await stage.fence();
    assert.equal(stage.openings, 0);
    // Those who raced the sender have not used it up for him. Their replies went to them.
    await stage.sendUntil(signed, CLIENT, SERVER, /10\.7\.0\.2: ssh: alice: opened/);
    await assertOpen(stage.wire.client, SERVER, 22, CLIENT);
    await assertShut(stage.wire.client, SERVER, 22, STRANGER);
  });

  for (const [name, signal, meanwhile] of [
    ['an orderly restart', 'SIGTERM', undefined],
    ['kill -9', 'SIGKILL', undefined],
    ['an orderly restart without its database', 'SIGTERM', 'lost'],
    ['kill -9 and the loss of the database', 'SIGKILL', 'lost'],
    ['an orderly restart with an older copy of its database', 'SIGTERM', 'older'],
  ] as const) {
    test(`open nothing after ${name}; a fresh one opens at the first try`, async () => {
      await using stage = await SignedFixture.create();
      const copies = new Map<string, Buffer>();
      if (meanwhile === 'older')
        await stage.restart('SIGTERM', () => {
          for (const file of databaseFiles(stage)) copies.set(file, readFileSync(file));
        });
      const signed = await stage.signer.sign();
      await stage.sender.send(CLIENT, SERVER, SIGNED_PORT, signed.packet);
      // The daemon may die between the opening and its record.
      await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: opened/);
      await stage.restart(signal, () => {
        if (meanwhile !== undefined) for (const file of databaseFiles(stage)) rmSync(file);
        for (const [file, bytes] of copies) writeFileSync(file, bytes);
      });
      await replay(stage, signed, TIMES / 4);
      assert.equal(stage.openings, 0);
      const refused =
        /10\.7\.0\.3: (?:alice: )?signed knock refused: it (?:was used already|is older than the record)/;
      await stage.sendUntil(signed, STRANGER, SERVER, refused);
      const fresh = await stage.signer.sign();
      await stage.sender.send(CLIENT, SERVER, SIGNED_PORT, fresh.packet);
      await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: (?:opened|already open)/);
    });
  }

  test('a full disk keeps the owner not out; what it has missed opens nothing after kill -9, and room', async () => {
    await using stage = await SignedFixture.create({ diskKib: 2048 });
    stage.disk?.fill();
    const signed = await stage.signer.sign();
    assert.equal((await stage.knockWith(signed))?.status, 'open');
    await stage.knockd.saw(/signed knocks open all the same, and are kept in memory/);
    await replay(stage, signed, 100);
    assert.equal(stage.openings, 1);
    await stage.restart('SIGKILL', () => stage.disk?.free());
    const older = /alice: signed knock refused: it is older than the record/;
    await stage.sendUntil(signed, CLIENT, SERVER, older);
    await replay(stage, signed, 100);
    assert.equal(stage.openings, 0);
    await stage.sendUntil(await stage.signer.sign(), CLIENT, SERVER, /10\.7\.0\.2: ssh: alice: OPEN SESAME/);
  });
});
