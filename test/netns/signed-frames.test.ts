/**
 * Signed knocks in packets of unusual forms: link-local sources, options, extension headers, fragments, VLAN tags, UDP
 * checksums that are wrong or missing. Each opens for its true source, or not at all; an honest one behind it opens.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readReply, SIGNED_PORT } from '../lab/knock-signer.ts';
import { payloadFrame } from '../lab/payload-frame.ts';
import { assertOpen } from '../lab/service.ts';
import { addAddresses, CLIENT, CLIENT6, linkUp, SERVER, SERVER6 } from '../lab/wire.ts';
import { address, send, senderOf, tagged } from './raw-frames.ts';
import { SignedFixture } from './signed-fixture.ts';

const ETHERNET = 14;
const UDP = 17;

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** With so many words of no-operation behind the IPv4 header (RFC 791, § 3.1). */
function withOptions(frame: Buffer, words: number): Buffer {
  const made = Buffer.concat([
    frame.subarray(0, ETHERNET + 20),
    Buffer.alloc(4 * words, 1),
    frame.subarray(ETHERNET + 20),
  ]);
  const ip = made.subarray(ETHERNET, ETHERNET + 20 + 4 * words);
  ip[0] = 0x45 + words;
  ip.writeUInt16BE(made.length - ETHERNET, 2);
  ip.writeUInt16BE(0, 10);
  ip.writeUInt16BE(checksum(ip), 10);
  return made;
}

/** RFC 8200; `extensions`: next-header number and bytes of each, whose first byte is filled in. */
function frame6(
  payload: Uint8Array,
  macs: { source: string; destination: string },
  extensions: readonly (readonly [number, Buffer])[] = [],
): Buffer {
  const udp = Buffer.alloc(8 + payload.length);
  udp.writeUInt16BE(40_000, 0);
  udp.writeUInt16BE(SIGNED_PORT, 2);
  udp.writeUInt16BE(udp.length, 4);
  udp.set(payload, 8);
  const next = [...extensions.map(([number]) => number), UDP];
  const chain = extensions.map(([, bytes], n) => {
    const made = Buffer.from(bytes);
    made[0] = next[n + 1] as number;
    return made;
  });
  const rest = Buffer.concat([...chain, udp]);
  const ip = Buffer.alloc(40);
  ip[0] = 0x60;
  ip.writeUInt16BE(rest.length, 4);
  ip[6] = next[0] as number;
  ip[7] = 64;
  Buffer.from('fd070000000000000000000000000002', 'hex').copy(ip, 8);
  Buffer.from('fd070000000000000000000000000001', 'hex').copy(ip, 24);
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(udp.length, 0);
  pseudo[7] = UDP;
  udp.writeUInt16BE(
    checksum(Buffer.concat([ip.subarray(8), pseudo, udp, Buffer.alloc(udp.length % 2)])) || 0xffff,
    6,
  );
  const rendered = Buffer.concat([...chain, udp]);
  const ether = Buffer.from(`${macs.destination}${macs.source}86dd`.replaceAll(':', ''), 'hex');
  return Buffer.concat([ether, ip, rendered]);
}

const HOP_BY_HOP = [0, Buffer.from('0000010400000000', 'hex')] as const;
const DESTINATION = [60, Buffer.from('0000010400000000', 'hex')] as const;
/** The first of several, and one that says that it is whole (RFC 6946). */
const FRAGMENT = [44, Buffer.from('0000000100000007', 'hex')] as const;
const ATOMIC = [44, Buffer.from('0000000000000007', 'hex')] as const;

describe('signed knocks in unusual packets', { concurrency: 2 }, () => {
  test('IPv4: options and UDP checksums of zero or wrong do no harm; fragments and cut ones open nothing', async () => {
    await using stage = await SignedFixture.create();
    const sender = await senderOf(stage.wire, 'eth0');
    const to = { source: address(CLIENT), destination: address(SERVER), port: SIGNED_PORT };
    const make = async () => payloadFrame(to, (await stage.signer.sign()).packet, sender.macs);
    const opened = async (frame: Buffer, what: string): Promise<void> => {
      const before = stage.openings;
      await send(sender, stage.directory, [frame]);
      await stage.knockd
        .saw(/10\.7\.0\.2: ssh: alice: OPEN SESAME/g, before + 1)
        .catch(() => assert.fail(what));
    };
    await opened(await make(), 'no UDP checksum');
    for (const words of [1, 5, 10])
      await opened(withOptions(await make(), words), `${words} words of options`);
    const wrong = await make();
    wrong.writeUInt16BE(0x1234, ETHERNET + 20 + 6);
    await opened(wrong, 'a UDP checksum that is wrong: the seal says more');
    const before = stage.openings;
    const fragments = await Promise.all(
      [0x2000, 0x0001, 0x2001].map(async (flags) => {
        const frame = await make();
        frame.writeUInt16BE(flags, ETHERNET + 6);
        frame.writeUInt16BE(0, ETHERNET + 10);
        frame.writeUInt16BE(checksum(frame.subarray(ETHERNET, ETHERNET + 20)), ETHERNET + 10);
        return frame;
      }),
    );
    const cut = (await make()).subarray(0, -1);
    const short = await make();
    short.writeUInt16BE(8 + 319, ETHERNET + 20 + 4);
    await send(sender, stage.directory, [...fragments, Buffer.from(cut), short]);
    await stage.fence();
    assert.equal(stage.openings, before);
    assert.equal((await stage.knock())?.status, 'open');
  });

  test('IPv6: with extension headers, in fragments, or without the checksum it opens for its source or not at all', async () => {
    await using stage = await SignedFixture.create();
    const sender = await senderOf(stage.wire, 'eth0');
    const forms = [
      [HOP_BY_HOP],
      [DESTINATION],
      [HOP_BY_HOP, DESTINATION],
      [FRAGMENT],
      [ATOMIC],
      [HOP_BY_HOP, ATOMIC],
    ];
    for (const form of forms) {
      const { packet } = await stage.signer.sign();
      await send(sender, stage.directory, [frame6(packet, sender.macs, form)]);
    }
    await stage.fence();
    const others = stage.knockd.output
      .split('\n')
      .filter(
        (line) =>
          /ssh: .*OPEN SESAME|signed knock refused/.test(line) && !line.includes('fd07::2: ssh: alice'),
      );
    assert.deepEqual(others, []);
    const opened = stage.openings;
    const { packet } = await stage.signer.sign({ source: CLIENT6 });
    await send(sender, stage.directory, [frame6(packet, sender.macs)]);
    await stage.knockd.saw(/fd07::2: ssh: alice: OPEN SESAME/g, opened + 1);
    await assertOpen(stage.wire.client, SERVER6, 22, CLIENT6);
  });

  test('from a link-local source: the lease is for it, and the sealed reply finds its way back', async () => {
    await using stage = await SignedFixture.create();
    const { client, server } = stage.wire;
    await addAddresses(client, 'eth0', 'fe80::c');
    await addAddresses(server, 'eth0', 'fe80::5');
    await stage.knockd.saw(/interface eth0: address fe80::5 added/);
    for (const source of ['fe80::c', undefined]) {
      const signed = await stage.signer.sign(source === undefined ? {} : { source });
      await stage.sender.send('fe80::c%eth0', 'fe80::5%eth0', SIGNED_PORT, signed.packet);
      const reply = await stage.sender.reply();
      // The thread that receives names the interface as its own namespace knows the number.
      assert.equal(reply.from.replace(/%.*/, ''), 'fe80::5');
      const read = readReply(signed, reply.payload);
      assert.deepEqual([read?.status, read?.seen], ['open', 'fe80::c']);
    }
    await stage.knockd.saw(/fe80::c: ssh: alice: opened/);
    await assertOpen(client, 'fe80::5%eth0', 22, 'fe80::c%eth0');
  });

  test('with the tag of a VLAN that the host has no interface for, it opens nothing', async () => {
    await using stage = await SignedFixture.create();
    const sender = await senderOf(stage.wire, 'eth0');
    const to = { source: address(CLIENT), destination: address(SERVER), port: SIGNED_PORT };
    const { packet } = await stage.signer.sign();
    await send(sender, stage.directory, [tagged(payloadFrame(to, packet, sender.macs), 6)]);
    await stage.fence();
    assert.equal(stage.openings, 0);
    await send(sender, stage.directory, [payloadFrame(to, packet, sender.macs)]);
    await stage.knockd.saw(/10\.7\.0\.2: ssh: alice: OPEN SESAME/);
  });

  test('in a VLAN with an interface it opens', async (t) => {
    await using stage = await SignedFixture.create();
    const { client, server } = stage.wire;
    for (const host of [client, server]) {
      const made = await host.ip('link add link eth0 name eth0.5 type vlan id 5').then(
        () => true,
        () => false,
      );
      if (!made) return t.skip('the kernel has no VLANs');
    }
    await addAddresses(client, 'eth0.5', '10.8.0.2');
    await addAddresses(server, 'eth0.5', '10.8.0.1');
    await linkUp(client, 'eth0.5');
    await linkUp(server, 'eth0.5');
    const signed = await stage.signer.sign();
    await stage.sendUntil(signed, '10.8.0.2', '10.8.0.1', /10\.8\.0\.2: ssh: alice: OPEN SESAME/);
    await assertOpen(client, '10.8.0.1', 22, '10.8.0.2');
  });
});
