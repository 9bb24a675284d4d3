// The kernel's filter for signed knocks, beside the functions that judge the same in JavaScript.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { renderPayloadFilter } from '../../src/core/filter/payload-filter.ts';
import type { Port } from '../../src/core/net/port.ts';
import { Packet } from '../../src/core/packet/packet.ts';
import { READING, readPacket } from '../../src/core/packet/read-packet.ts';
import { KNOCK, KNOCK_LENGTHS } from '../../src/core/signed/knock-layout.ts';
import { serverMarks, wordOf } from '../../src/core/signed/server-word.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { compileFilter } from '../../src/host/ffi/libpcap.ts';
import { seeded } from '../lab/seed.ts';
import { type IpPacket, ipPacket, renderIpPacket } from './ip-packet.ts';
import { runFilter } from './run-filter.ts';

const SNAP_LENGTH = 1560;
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** A datagram of such a length, its payload the given bytes over and over, and the right word for the key or not. */
const knock = fc.record({
  packet: ipPacket,
  port: fc.integer({ min: 1, max: 65_535 }),
  length: fc.oneof(fc.constantFrom(...KNOCK_LENGTHS), fc.integer({ min: 0, max: 1300 })),
  fill: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  keys: fc.array(bytes32, { minLength: 1, maxLength: 2 }),
  signedFor: fc.constantFrom(0, 1, 'nobody' as const),
});

describe('the payload filter', () => {
  test('passes by port, length and word alone, in both families, whatever the headers', (t) => {
    let passed = 0;
    fc.assert(
      fc.property(knock, ({ packet, port, length, fill, keys, signedFor }) => {
        const marks = keys.map((key) => serverMarks(nodeCiphers, key));
        const payload = Uint8Array.from({ length }, (_, at) => fill[at % fill.length] as number);
        const own = signedFor === 'nobody' ? undefined : marks[signedFor];
        const canHaveWord = length >= KNOCK.ephemeral + 8;
        if (own !== undefined && canHaveWord)
          new DataView(payload.buffer).setUint32(KNOCK.word, wordOf(own, payload));
        const bytes = withPayload({ ...packet, extensions: [] }, payload);
        const program = compileFilter(
          renderPayloadFilter({ port: port as Port, marks }, { ipv6: true }),
          SNAP_LENGTH,
        );
        const view = new DataView(payload.buffer);
        const isExpected =
          packet.protocol === 17 &&
          packet.destinationPort === port &&
          KNOCK_LENGTHS.some((one) => one === length) &&
          marks.some((one) => wordOf(one, payload) === view.getUint32(KNOCK.word));
        if (isExpected) passed++;
        assert.equal(runFilter(program, bytes) !== 0, isExpected);
      }),
      seeded(t, {
        numRuns: 300,
        examples: KNOCK_LENGTHS.flatMap((length) =>
          ([4, 6] as const).map((family): [ReturnType<typeof example>] => [example(family, length)]),
        ),
      }),
    );
    assert.ok(passed >= 6, `${passed} have passed`);
  });

  test('IPv4 alone where IPv6 is not wanted; nothing without a key', () => {
    const marks = [serverMarks(nodeCiphers, new Uint8Array(32))];
    const filter = renderPayloadFilter({ port: 62_202 as Port, marks }, { ipv6: false });
    assert.doesNotMatch(filter, /ip6/);
    assert.equal(renderPayloadFilter(undefined, { ipv6: true }), '');
    assert.equal(renderPayloadFilter({ port: 62_202 as Port, marks: [] }, { ipv6: true }), '');
  });

  test('a payload is read where it stands, and not at all where it is cut', (t) => {
    const read = new Packet();
    fc.assert(
      fc.property(
        ipPacket,
        fc.uint8Array({ maxLength: 1300 }),
        fc.nat({ max: 20 }),
        (packet, payload, cut) => {
          const whole = withPayload(packet, payload);
          const end = whole.length - Math.min(cut, payload.length);
          if (readPacket(whole, 0, end, read) !== READING.packet) return;
          const isThere = end === whole.length;
          const expected = isThere ? payload : new Uint8Array(0);
          assert.deepEqual(
            Buffer.from(whole.subarray(read.payloadStart, read.payloadEnd)),
            Buffer.from(expected),
          );
        },
      ),
      seeded(t, { numRuns: 500 }),
    );
  });
});

function withPayload(packet: IpPacket, payload: Uint8Array): Uint8Array {
  const bytes = renderIpPacket({ ...packet, payload: payload.length });
  if (payload.length > 0) bytes.set(payload, bytes.length - payload.length);
  return bytes;
}

function example(family: 4 | 6, length: number) {
  const address = family === 4 ? [0xc000_0207] : [0x2001_0db8, 0, 0, 7];
  const packet: IpPacket = {
    ...{
      family,
      source: address,
      destination: address,
      protocol: 17,
      sourcePort: 1,
      destinationPort: 62_202,
    },
    ...{ flags: 0, sequence: 0, ipOptions: family === 4 ? 3 : 0, tcpOptions: 0, extensions: [], payload: 0 },
  };
  const fill = Uint8Array.from({ length: 64 }, (_, at) => at * 7);
  return {
    packet,
    port: 62_202,
    length,
    fill,
    keys: [fill.subarray(0, 32), fill.subarray(32)],
    signedFor: 1 as const,
  };
}
