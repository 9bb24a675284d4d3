import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hex } from '../../lab/capture-bytes.ts';
import { readingText } from './reading-text.ts';

/** 2001:db8::1 to 2001:db8::7 */
const ADDRESSES = '20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000007';
/** 40000 to 7000, sequence number 0x01020304, SYN */
const SYN = '9c40 1b58 01020304 00000000 5002 faf0 0000 0000';
const SYN_READ = 'tcp 2001:db8::1:40000 > 2001:db8::7:7000 flags 02 identity 01020304';
/** 40000 to 8000, one byte, no checksum */
const DATAGRAM = '9c40 1f40 0009 0000 00';
const DATAGRAM_READ = 'udp 2001:db8::1:40000 > 2001:db8::7:8000 flags 00 identity 00000000';

/** An extension header of 8 bytes: what follows, how long it is, and padding. */
const extension = (next: string): string => `${next} 00 010400000000`;

const FIXTURES: readonly (readonly [name: string, bytes: string, reading: string])[] = [
  ['a SYN', `60000000 0014 06 40 ${ADDRESSES} ${SYN}`, SYN_READ],
  ['a datagram without a checksum', `60000000 0009 11 40 ${ADDRESSES} ${DATAGRAM}`, DATAGRAM_READ],
  ['a traffic class and a flow label', `6ff12345 0014 06 40 ${ADDRESSES} ${SYN}`, SYN_READ],
  [
    'addresses with every bit set, and an IPv4-mapped one',
    `60000000 0014 06 40 ffffffff ffffffff ffffffff ffffffff 00000000 00000000 0000ffff c0000201 ${SYN}`,
    'tcp ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:40000 > ::ffff:192.0.2.1:7000 flags 02 identity 01020304',
  ],
  ['padding of the link behind the packet', `60000000 0014 06 40 ${ADDRESSES} ${SYN} 0000`, SYN_READ],

  ['a hop-by-hop header', `60000000 001c 00 40 ${ADDRESSES} ${extension('06')} ${SYN}`, SYN_READ],
  ['a routing header', `60000000 001c 2b 40 ${ADDRESSES} ${extension('06')} ${SYN}`, SYN_READ],
  [
    'a destination options header',
    `60000000 0011 3c 40 ${ADDRESSES} ${extension('11')} ${DATAGRAM}`,
    DATAGRAM_READ,
  ],
  [
    'a hop-by-hop header of 24 bytes',
    `60000000 002c 00 40 ${ADDRESSES} 06 02 ${'00'.repeat(22)} ${SYN}`,
    SYN_READ,
  ],
  [
    'an authentication header, which counts in words of 4 bytes less 2',
    `60000000 002c 33 40 ${ADDRESSES} 06 04 0000 00000100 00000001 ${'aa'.repeat(12)} ${SYN}`,
    SYN_READ,
  ],
  [
    'each of them, one after the other',
    `60000000 0034 00 40 ${ADDRESSES} ${extension('3c')} ${extension('2b')} ${extension('33')} 06 00 000000000000 ${SYN}`,
    SYN_READ,
  ],
  [
    '8 extension headers',
    `60000000 0054 00 40 ${ADDRESSES} ${extension('3c').repeat(7)} ${extension('06')} ${SYN}`,
    SYN_READ,
  ],
  [
    '9 extension headers',
    `60000000 005c 00 40 ${ADDRESSES} ${extension('3c').repeat(8)} ${extension('06')} ${SYN}`,
    'extensionHeaders',
  ],

  ['the first fragment', `60000000 001c 2c 40 ${ADDRESSES} 0600 0001 00000001 ${SYN}`, 'fragment'],
  ['a later fragment', `60000000 001c 2c 40 ${ADDRESSES} 0600 0009 00000001 ${SYN}`, 'fragment'],
  ['the last fragment', `60000000 001c 2c 40 ${ADDRESSES} 0600 0008 00000001 ${SYN}`, 'fragment'],
  ['an atomic fragment (RFC 6946)', `60000000 001c 2c 40 ${ADDRESSES} 0600 0000 00000001 ${SYN}`, 'fragment'],
  [
    'a fragment behind another header',
    `60000000 0024 00 40 ${ADDRESSES} ${extension('2c')} 0600 0001 00000001 ${SYN}`,
    'fragment',
  ],

  [
    'a jumbogram, whose payload length is 0',
    `60000000 0000 00 40 ${ADDRESSES} 06 00 c20400010000 ${SYN}`,
    'truncated',
  ],
  ['a payload length of 0', `60000000 0000 06 40 ${ADDRESSES} ${SYN}`, 'truncated'],
  ['a payload length that ends in the TCP header', `60000000 0013 06 40 ${ADDRESSES} ${SYN}`, 'truncated'],
  [
    'a payload length that ends in an extension header',
    `60000000 0007 00 40 ${ADDRESSES} ${extension('06')} ${SYN}`,
    'truncated',
  ],
  ['a payload length beyond the captured bytes', `60000000 05dc 06 40 ${ADDRESSES} ${SYN}`, SYN_READ],
  [
    'an extension header longer than the packet',
    `60000000 001c 00 40 ${ADDRESSES} 06 ff 010400000000 ${SYN}`,
    'truncated',
  ],
  [
    'a TCP data offset of 16',
    `60000000 0014 06 40 ${ADDRESSES} 9c40 1b58 01020304 00000000 4002 faf0 0000 0000`,
    'truncated',
  ],
  [
    'a TCP data offset beyond the packet',
    `60000000 0014 06 40 ${ADDRESSES} 9c40 1b58 01020304 00000000 6002 faf0 0000 0000`,
    'truncated',
  ],
  ['a UDP length of 7', `60000000 0009 11 40 ${ADDRESSES} 9c40 1f40 0007 0000 00`, 'truncated'],
  ['a UDP length beyond the packet', `60000000 0009 11 40 ${ADDRESSES} 9c40 1f40 000a 0000 00`, 'truncated'],

  ['ICMPv6', `60000000 0008 3a 40 ${ADDRESSES} 8000 0000 0000 0000`, 'otherProtocol'],
  ['no next header', `60000000 0000 3b 40 ${ADDRESSES}`, 'otherProtocol'],
  ['an encrypted payload', `60000000 0014 32 40 ${ADDRESSES} ${SYN}`, 'otherProtocol'],
  ['IPv6 in IPv6', `60000000 0014 29 40 ${ADDRESSES} ${SYN}`, 'otherProtocol'],
  ['IPv4 in IPv6', `60000000 0014 04 40 ${ADDRESSES} ${SYN}`, 'otherProtocol'],
];

describe('reading an IPv6 packet', () => {
  for (const [name, bytes, reading] of FIXTURES) {
    test(`${name}: ${reading.split(' ')[0]}`, () => assert.equal(readingText(hex(bytes)), reading));
  }

  test('a packet that the capture has cut at any byte of its headers', () => {
    const bytes = hex(`60000000 0024 00 40 ${ADDRESSES} ${extension('3c')} ${extension('06')} ${SYN}`);
    assert.equal(readingText(bytes), SYN_READ);
    for (let end = 0; end < bytes.length; end++) {
      assert.equal(readingText(bytes, 0, end), 'truncated', `cut at byte ${end}`);
      assert.equal(readingText(bytes.slice(0, end)), 'truncated', `without the bytes from ${end} on`);
    }
  });

  test('a datagram that the capture has cut at any byte of its headers', () => {
    const bytes = hex(`60000000 0009 11 40 ${ADDRESSES} ${DATAGRAM}`);
    for (let end = 0; end < 48; end++) assert.equal(readingText(bytes, 0, end), 'truncated', `cut at ${end}`);
    assert.equal(readingText(bytes, 0, 48), DATAGRAM_READ);
  });
});
