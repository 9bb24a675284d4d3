// The kernel's filter for packets of fwknop, and the reader behind it, with packets that are sealed as fwknop does.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SpaJudge } from '../../src/app/daemon/proofs/spa-judge.ts';
import type { SpaPackets } from '../../src/app/daemon/proofs/spa-packets.ts';
import { SpaCounters } from '../../src/app/daemon/reporting/spa-counters.ts';
import { HASH_NAMES } from '../../src/core/cipher/ciphers.ts';
import { renderSpaFilter } from '../../src/core/filter/spa-filter.ts';
import type { Port } from '../../src/core/net/port.ts';
import { instant } from '../../src/core/net/time.ts';
import { Packet } from '../../src/core/packet/packet.ts';
import { readPacket } from '../../src/core/packet/read-packet.ts';
import { SPA_MODES } from '../../src/core/spa/spa-credential.ts';
import { plainText } from '../../src/core/spa/spa-form.ts';
import { renderSpaMessage } from '../../src/core/spa/spa-message.ts';
import { HMAC_CHARS, sealSpa } from '../../src/core/spa/spa-packet.ts';
import { SPA_TRANSPORTS } from '../../src/core/spa/spa-transport.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { compileFilter } from '../../src/host/ffi/libpcap.ts';
import { seeded } from '../lab/seed.ts';
import { type IpPacket, ipPacket, renderIpPacket } from './ip-packet.ts';
import { runFilter } from './run-filter.ts';

const SNAP_LENGTH = 1560;
const PORT = 62_201 as Port;

const sealed = fc
  .record({
    mode: fc.constantFrom(...SPA_MODES),
    hmac: fc.option(fc.constantFrom(...HASH_NAMES)),
    digest: fc.constantFrom(...HASH_NAMES),
    key: fc.uint8Array({ minLength: 1, maxLength: 32 }),
    salt: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    user: fc.stringMatching(/^[a-z]{1,63}$/),
    message: fc.stringMatching(/^192\.0\.2\.7(,tcp\/[1-9][0-9]{0,3}){1,20}$/),
  })
  .map(({ mode, hmac, digest, key, salt, user, message }) => {
    const credential = { mode, key, ...(hmac === null ? {} : { hmac: { name: hmac, key } }) };
    const plain = renderSpaMessage(nodeCiphers, digest, {
      ...{ random: '1234567890123456', user, time: instant(1.7e12), version: '3.0.0', type: 1, message },
    });
    const text = sealSpa(nodeCiphers, credential, plain, salt);
    return { text, hmacChars: [hmac === null ? 0 : HMAC_CHARS[hmac]] };
  });

const transports = fc.subarray([...SPA_TRANSPORTS]);

/** What the filter and the reader make of it: both have to agree wherever the packet is one of fwknop's. */
function judge(
  bytes: Uint8Array,
  hmacChars: readonly number[],
  by: readonly (typeof SPA_TRANSPORTS)[number][],
) {
  const taken = { port: PORT, transports: by, hmacChars };
  const filter = renderSpaFilter(taken, { ipv6: true });
  const passes = filter !== '' && runFilter(compileFilter(filter, SNAP_LENGTH), bytes) !== 0;
  const reader = new SpaJudge({ counters: new SpaCounters(), packets: {} as SpaPackets });
  reader.follow(taken);
  const packet = new Packet();
  readPacket(bytes, 0, bytes.length, packet);
  const isRecognized = reader.recognizes(bytes, packet);
  return { passes, isRecognized, text: bytes.subarray(packet.payloadStart, packet.payloadEnd) };
}

function withPayload(packet: IpPacket, payload: Uint8Array): Uint8Array {
  const bytes = renderIpPacket({ ...packet, extensions: [], payload: payload.length });
  bytes.set(payload, bytes.length - payload.length);
  return bytes;
}

const httpText = (text: string, tail: string): string =>
  `GET /${text.replaceAll('+', '-').replaceAll('/', '_')} HTTP/1.1\r\n${tail}`;

describe('the filter for packets of fwknop', () => {
  test('passes each packet by each transport that is wanted, whatever the headers, and no other', (t) => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        sealed,
        ipPacket,
        transports,
        fc.constantFrom<number>(PORT, 80, 4000),
        ({ text, hmacChars }, packet, by, port) => {
          if (text.length > 1200) return;
          for (const transport of SPA_TRANSPORTS) {
            const content = Buffer.from(transport === 'http' ? httpText(text, 'Host: x\r\n\r\n') : text);
            const isIcmp = transport === 'icmp';
            const protocol = transport === 'udp' || isIcmp ? 17 : 6;
            const bytes = withPayload({ ...packet, protocol, destinationPort: port }, content);
            // A datagram's header is as long as that of an ICMP message.
            if (isIcmp && packet.family === 4) bytes[9] = 1;
            const { passes, isRecognized, text: found } = judge(bytes, hmacChars, by);
            const isAtPort = port === PORT || (transport === 'http' && port === 80);
            const isExpected =
              isIcmp && packet.family === 4
                ? by.includes('icmp')
                : isAtPort && by.includes(isIcmp ? 'udp' : transport);
            assert.deepEqual([passes, isRecognized], [isExpected, isExpected]);
            if (!isExpected) continue;
            seen.add(transport);
            assert.equal(Buffer.from(plainText(found)).toString('latin1'), text);
          }
        },
      ),
      seeded(t, { numRuns: 400 }),
    );
    assert.deepEqual([...seen].sort(), [...SPA_TRANSPORTS].sort());
  });

  test('what it keeps out, the reader would not have taken', (t) => {
    const near = fc.record({
      bytes: fc.oneof(
        fc.stringMatching(/^[89+/][A-Za-z0-9+/]{30,300}$/),
        fc.stringMatching(/^GET \/[89_-][A-Za-z0-9_./-]{30,300} HTTP$/),
        fc.string({ maxLength: 200 }),
      ),
      cut: fc.nat({ max: 30 }),
    });
    fc.assert(
      fc.property(near, ipPacket, fc.constantFrom<number>(PORT, 80), ({ bytes, cut }, packet, port) => {
        const content = Buffer.from(bytes, 'latin1').subarray(0, Math.max(0, bytes.length - cut));
        const whole = withPayload({ ...packet, destinationPort: port }, content);
        const { passes, isRecognized } = judge(whole, [43, 0], SPA_TRANSPORTS);
        if (isRecognized) assert.ok(passes);
      }),
      seeded(t, { numRuns: 500 }),
    );
  });

  test('requests of browsers stay in the kernel', () => {
    for (const path of [
      '',
      'index.html',
      '8ball/of/the/day.html',
      '_next/static/chunks/app-0a1b2c3d4e5f6a7b8c9d.js',
    ]) {
      const packet = {
        family: 4,
        source: [1],
        destination: [2],
        protocol: 6,
        sourcePort: 1,
        destinationPort: 80,
      } as const;
      const rest = { flags: 0x18, sequence: 0, ipOptions: 0, tcpOptions: 0, extensions: [], payload: 0 };
      const bytes = withPayload(
        { ...packet, ...rest },
        Buffer.from(`GET /${path} HTTP/1.1\r\nHost: www.example.org\r\n\r\n`),
      );
      assert.equal(judge(bytes, [43], SPA_TRANSPORTS).passes, false, path);
    }
  });
});
