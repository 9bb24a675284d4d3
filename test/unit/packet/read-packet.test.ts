import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hex } from '../../lab/capture-bytes.ts';
import { readingText } from './reading-text.ts';

/** 192.0.2.1 to 198.51.100.7 */
const ADDRESSES = 'c0000201 c6336407';
/** 40000 to 7000, sequence number 0x01020304, SYN */
const SYN = '9c40 1b58 01020304 00000000 5002 faf0 0000 0000';
const SYN_READ = 'tcp 192.0.2.1:40000 > 198.51.100.7:7000 flags 02 identity 01020304';
/** 40000 to 8000, one byte, no checksum */
const DATAGRAM = '9c40 1f40 0009 0000 00';
const DATAGRAM_READ = 'udp 192.0.2.1:40000 > 198.51.100.7:8000 flags 00 identity 00000000';

const FIXTURES: readonly (readonly [name: string, bytes: string, reading: string])[] = [
  ['a SYN', `4500 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`, SYN_READ],
  ['a datagram without a checksum', `4500 001d 0001 0000 40 11 0000 ${ADDRESSES} ${DATAGRAM}`, DATAGRAM_READ],
  [
    'a datagram without a payload',
    `4500 001c 0001 0000 40 11 0000 ${ADDRESSES} 9c40 1f40 0008 1234`,
    DATAGRAM_READ,
  ],
  [
    'all six flags, both ECN flags beside them',
    `4500 0028 0001 0000 40 06 0000 ${ADDRESSES} 9c40 1b58 01020304 00000000 50ff faf0 0000 0000`,
    'tcp 192.0.2.1:40000 > 198.51.100.7:7000 flags 3f identity 01020304',
  ],
  [
    'no flag at all, and the NS bit of RFC 3540',
    `4500 0028 0001 0000 40 06 0000 ${ADDRESSES} 9c40 1b58 01020304 00000000 5100 faf0 0000 0000`,
    'tcp 192.0.2.1:40000 > 198.51.100.7:7000 flags 00 identity 01020304',
  ],
  [
    'every field at its largest',
    '4500 0028 0001 0000 40 06 0000 ffffffff fffffffe ffff ffff ffffffff 00000000 5002 faf0 0000 0000',
    'tcp 255.255.255.255:65535 > 255.255.255.254:65535 flags 02 identity ffffffff',
  ],
  ['IPv4 options of 4 bytes', `4600 002c 0001 4000 40 06 0000 ${ADDRESSES} 94040000 ${SYN}`, SYN_READ],
  [
    'IPv4 options of 40 bytes',
    `4f00 0050 0001 4000 40 06 0000 ${ADDRESSES} ${'01'.repeat(40)} ${SYN}`,
    SYN_READ,
  ],
  [
    'TCP options',
    `4500 002c 0001 4000 40 06 0000 ${ADDRESSES} 9c40 1b58 01020304 00000000 6002 faf0 0000 0000 020405b4`,
    SYN_READ,
  ],
  [
    'padding of the link behind the packet',
    `4500 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN} 000000000000`,
    SYN_READ,
  ],
  ['the reserved bit of the fragment field', `4500 0028 0001 8000 40 06 0000 ${ADDRESSES} ${SYN}`, SYN_READ],
  [
    'a wrong header checksum, as offloading leaves it',
    `4500 0028 0001 4000 40 06 dead ${ADDRESSES} ${SYN}`,
    SYN_READ,
  ],

  ['the first fragment', `4500 0028 0001 2000 40 06 0000 ${ADDRESSES} ${SYN}`, 'fragment'],
  ['a later fragment with more behind it', `4500 0028 0001 2001 40 06 0000 ${ADDRESSES} ${SYN}`, 'fragment'],
  ['the last fragment', `4500 0028 0001 0001 40 06 0000 ${ADDRESSES} ${SYN}`, 'fragment'],
  ['the highest fragment offset', `4500 0028 0001 1000 40 06 0000 ${ADDRESSES} ${SYN}`, 'fragment'],
  ['a fragment that must not be one', `4500 0028 0001 6000 40 06 0000 ${ADDRESSES} ${SYN}`, 'fragment'],

  ['an IPv4 header length of 0', `4000 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`, 'truncated'],
  ['an IPv4 header length of 16', `4400 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`, 'truncated'],
  [
    'an IPv4 header length beyond the packet',
    `4f00 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`,
    'truncated',
  ],
  ['a total length of 0', `4500 0000 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`, 'truncated'],
  ['a total length below the header', `4500 0013 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`, 'truncated'],
  [
    'a total length that ends in the TCP header',
    `4500 0027 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`,
    'truncated',
  ],
  [
    'a total length beyond the captured bytes',
    `4500 05dc 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`,
    SYN_READ,
  ],

  [
    'a TCP data offset of 16',
    `4500 0028 0001 4000 40 06 0000 ${ADDRESSES} 9c40 1b58 01020304 00000000 4002 faf0 0000 0000`,
    'truncated',
  ],
  [
    'a TCP data offset of 0',
    `4500 0028 0001 4000 40 06 0000 ${ADDRESSES} 9c40 1b58 01020304 00000000 0002 faf0 0000 0000`,
    'truncated',
  ],
  [
    'a TCP data offset beyond the packet',
    `4500 0028 0001 4000 40 06 0000 ${ADDRESSES} 9c40 1b58 01020304 00000000 6002 faf0 0000 0000`,
    'truncated',
  ],
  [
    'TCP options that the capture has cut off',
    `4500 002c 0001 4000 40 06 0000 ${ADDRESSES} 9c40 1b58 01020304 00000000 6002 faf0 0000 0000 0204`,
    SYN_READ,
  ],
  ['a UDP length of 7', `4500 001d 0001 0000 40 11 0000 ${ADDRESSES} 9c40 1f40 0007 0000 00`, 'truncated'],
  ['a UDP length of 0', `4500 001d 0001 0000 40 11 0000 ${ADDRESSES} 9c40 1f40 0000 0000 00`, 'truncated'],
  [
    'a UDP length beyond the packet',
    `4500 001d 0001 0000 40 11 0000 ${ADDRESSES} 9c40 1f40 000a 0000 00`,
    'truncated',
  ],
  [
    'a UDP length within the packet',
    `4500 001d 0001 0000 40 11 0000 ${ADDRESSES} 9c40 1f40 0008 0000 00`,
    DATAGRAM_READ,
  ],
  [
    'a datagram whose payload the capture has cut off',
    `4500 00e8 0001 0000 40 11 0000 ${ADDRESSES} 9c40 1f40 00d4 0000 00`,
    DATAGRAM_READ,
  ],

  ['ICMP', `4500 001c 0001 0000 40 01 0000 ${ADDRESSES} 0800 f7ff 0000 0000`, 'otherProtocol'],
  ['IPv6 in IPv4', `4500 0028 0001 0000 40 29 0000 ${ADDRESSES} ${SYN}`, 'otherProtocol'],
  ['UDP-Lite', `4500 001d 0001 0000 40 88 0000 ${ADDRESSES} ${DATAGRAM}`, 'otherProtocol'],
  [
    'IPv4 protocol 0, which is an extension header in IPv6 only',
    `4500 0028 0001 0000 40 00 0000 ${ADDRESSES} ${SYN}`,
    'otherProtocol',
  ],
  ['IP version 0', `0500 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`, 'notIp'],
  ['IP version 5', `5500 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`, 'notIp'],
  ['IP version 15', `f500 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`, 'notIp'],
  ['no byte', '', 'truncated'],
];

describe('reading an IPv4 packet', () => {
  for (const [name, bytes, reading] of FIXTURES) {
    test(`${name}: ${reading.split(' ')[0]}`, () => assert.equal(readingText(hex(bytes)), reading));
  }

  test('a TCP packet that the capture has cut at any byte of its headers', () => {
    const bytes = hex(`4600 002c 0001 4000 40 06 0000 ${ADDRESSES} 94040000 ${SYN}`);
    for (let end = 0; end < bytes.length; end++) {
      assert.equal(readingText(bytes, 0, end), 'truncated', `cut at byte ${end}`);
      assert.equal(readingText(bytes.slice(0, end)), 'truncated', `without the bytes from ${end} on`);
    }
  });

  test('a datagram that the capture has cut at any byte of its headers', () => {
    const bytes = hex(`4500 001d 0001 0000 40 11 0000 ${ADDRESSES} ${DATAGRAM}`);
    for (let end = 0; end < 28; end++) assert.equal(readingText(bytes, 0, end), 'truncated', `cut at ${end}`);
    assert.equal(readingText(bytes, 0, 28), DATAGRAM_READ);
  });

  test('a packet in the middle of other bytes', () => {
    const bytes = hex(`ffff ff 4500 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN} ffff`);
    assert.equal(readingText(bytes, 3, 43), SYN_READ);
    assert.equal(readingText(bytes, 3, 42), 'truncated');
  });

  test('bounds that are none', () => {
    const bytes = hex(`4500 0028 0001 4000 40 06 0000 ${ADDRESSES} ${SYN}`);
    assert.equal(readingText(bytes, 0, 41), 'truncated');
    assert.equal(readingText(bytes, 40, 40), 'truncated');
    assert.equal(readingText(bytes, 30, 20), 'truncated');
  });
});
