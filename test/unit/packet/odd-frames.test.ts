// Whole frames, from the link's first byte to the reading, that a network, a card or an attacker makes; each with the
// reason for what is expected. What the IP layer alone does stands in read-packet.test.ts and read-packet-ipv6.test.ts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LINK_TYPE, readLink } from '../../../src/core/packet/read-link.ts';
import { concat, hex } from '../../lab/capture-bytes.ts';
import { readingText } from './reading-text.ts';

const MACS = '020000000009 5a596693e3b3';
/** 192.0.2.1 to 198.51.100.7 */
const TO4 = 'c0000201 c6336407';
/** 2001:db8::1 to 2001:db8::7 */
const TO6 = '20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000007';
/** 40000 to 7000, sequence number 0x01020304, SYN */
const SYN = '9c40 1b58 01020304 00000000 5002 faf0 0000 0000';
const IP4 = `4500 0028 0001 4000 40 06 0000 ${TO4} ${SYN}`;
const IP6 = `60000000 0014 06 40 ${TO6} ${SYN}`;
const READ4 = 'tcp 192.0.2.1:40000 > 198.51.100.7:7000 flags 02 identity 01020304';
const READ6 = 'tcp 2001:db8::1:40000 > 2001:db8::7:7000 flags 02 identity 01020304';
const UDP4 = 'udp 192.0.2.1:40000 > 198.51.100.7:7000 flags 00 identity 00000000';
const UDP6 = 'udp 2001:db8::1:40000 > 2001:db8::7:7000 flags 00 identity 00000000';
const NOWHERE = 'no IP packet';

const { ethernet, linuxSll, linuxSll2, raw } = LINK_TYPE;

type Fixture = readonly [name: string, linkType: number, frame: string, reading: string, why: string];

const LINKS: readonly Fixture[] = [
  [
    'Ethernet, padded to 60 bytes',
    ethernet,
    `${MACS} 0800 ${IP4} 000000000000`,
    READ4,
    'the IP header says where the packet ends',
  ],
  ['VLAN 7', ethernet, `${MACS} 8100 0007 0800 ${IP4}`, READ4, 'a tag hides no knock'],
  ['VLAN 7, IPv6', ethernet, `${MACS} 8100 0007 86dd ${IP6}`, READ6, 'a tag hides no knock'],
  ['QinQ', ethernet, `${MACS} 88a8 0064 8100 0007 0800 ${IP4}`, READ4, 'nor do two'],
  [
    'QinQ before 802.1ad',
    ethernet,
    `${MACS} 9100 0064 8100 0007 86dd ${IP6}`,
    READ6,
    'the old number of the outer tag',
  ],
  [
    'five tags',
    ethernet,
    `${MACS} ${'8100 0007'.repeat(5)} 0800 ${IP4}`,
    NOWHERE,
    'no network stacks so many',
  ],
  ['a tag cut in its middle', ethernet, `${MACS} 8100 00`, NOWHERE, 'nothing is read beyond the end'],
  ['MPLS', ethernet, `${MACS} 8847 00001140 ${IP4}`, NOWHERE, 'the kernel delivers it to no socket either'],
  [
    'PPPoE',
    ethernet,
    `${MACS} 8864 1100 0001 002a 0021 ${IP4}`,
    NOWHERE,
    'heard on its ppp interface instead',
  ],
  [
    'IPv6 announced as IPv4',
    ethernet,
    `${MACS} 0800 ${IP6}`,
    READ6,
    'the version in the packet itself counts',
  ],
  [
    'Linux cooked',
    linuxSll,
    `0000 0001 0006 5a596693e3b3 0000 0800 ${IP4}`,
    READ4,
    'DLT_LINUX_SLL, of `tcpdump -i any`',
  ],
  [
    'Linux cooked 2',
    linuxSll2,
    `86dd 0000 00000003 0001 00 06 5a596693e3b30000 ${IP6}`,
    READ6,
    'DLT_LINUX_SLL2, the newer one',
  ],
  ['raw IP', raw, IP4, READ4, 'DLT_RAW, of a tunnel'],
];

const IP: readonly Fixture[] = [
  [
    'record route option, filled',
    raw,
    `4a00 003c 0001 4000 40 06 0000 ${TO4} 0713 10 0a000001 0a000002 0a000003 0a000004 00 ${SYN}`,
    READ4,
    'options are stepped over, whatever is in them',
  ],
  [
    'an option whose length is 0',
    raw,
    `4600 002c 0001 4000 40 06 0000 ${TO4} 83000000 ${SYN}`,
    READ4,
    'options are not read, so they cannot loop',
  ],
  [
    'wrong checksums of IP and TCP',
    raw,
    `4500 0028 0001 4000 40 06 beef ${TO4} 9c40 1b58 01020304 00000000 5002 faf0 dead 0000`,
    READ4,
    'the card fills them in after the capture (offload)',
  ],
  [
    'wrong checksum of UDP',
    raw,
    `4500 001d 0001 0000 40 11 0000 ${TO4} 9c40 1b58 0009 dead 00`,
    UDP4,
    'as above',
  ],
  [
    'no checksum of UDP',
    raw,
    `4500 001d 0001 0000 40 11 0000 ${TO4} 9c40 1b58 0009 0000 00`,
    UDP4,
    'RFC 768 allows it',
  ],
  [
    'no checksum of UDP over IPv6',
    raw,
    `60000000 0009 11 40 ${TO6} 9c40 1b58 0009 0000 00`,
    UDP6,
    'RFC 6935 allows it to tunnels',
  ],
  [
    'a first fragment that holds the whole SYN',
    raw,
    `4500 0028 0001 2000 40 06 0000 ${TO4} ${SYN}`,
    'fragment',
    'no client fragments a knock',
  ],
  [
    'a later fragment that looks like a SYN',
    raw,
    `4500 0028 0001 2005 40 06 0000 ${TO4} ${SYN}`,
    'fragment',
    'its bytes are the middle of something',
  ],
  [
    'a tiny fragment of 8 bytes (RFC 1858)',
    raw,
    `4500 001c 0001 2000 40 06 0000 ${TO4} 9c40 1b58 01020304`,
    'fragment',
    'the flags would come in the second',
  ],
  [
    'IPv6: fragment behind the authentication header',
    raw,
    `60000000 0034 33 40 ${TO6} 2c 04 0000 00000100 00000001 ${'aa'.repeat(12)} 0600 0001 00000001 ${SYN}`,
    'fragment',
    'at whatever place of the chain',
  ],
  [
    'ESP',
    raw,
    `4500 0028 0001 4000 40 32 0000 ${TO4} ${SYN}`,
    'otherProtocol',
    'what looks like ports is encrypted',
  ],
  [
    'ESP behind a hop-by-hop header',
    raw,
    `60000000 001c 00 40 ${TO6} 3200 010400000000 ${SYN}`,
    'otherProtocol',
    'as above',
  ],
  [
    'AH over IPv4',
    raw,
    `4500 0040 0001 4000 40 33 0000 ${TO4} 06 04 0000 00000100 00000001 ${'aa'.repeat(12)} ${SYN}`,
    'otherProtocol',
    "libpcap's filter for ports does not look behind it either",
  ],
  [
    'a mobility header',
    raw,
    `60000000 001c 87 40 ${TO6} 3b00 010400000000 ${SYN}`,
    'otherProtocol',
    'nothing follows it (RFC 6275)',
  ],
  [
    'no next header, bytes behind it',
    raw,
    `60000000 0014 3b 40 ${TO6} ${SYN}`,
    'otherProtocol',
    'RFC 8200 section 4.7: they are ignored',
  ],
  [
    'ICMP unreachable that quotes a knock',
    raw,
    `4500 0044 0001 0000 40 01 0000 ${TO4} 0301 0000 00000000 ${IP4}`,
    'otherProtocol',
    'the quoted packet was sent by this host, not to it',
  ],
  [
    'ICMPv6 unreachable that quotes a knock',
    raw,
    `60000000 0044 3a 40 ${TO6} 0104 0000 00000000 ${IP6}`,
    'otherProtocol',
    'as above',
  ],
  [
    'a knock inside of GRE',
    raw,
    `4500 0040 0001 0000 40 2f 0000 ${TO4} 0000 0800 ${IP4}`,
    'otherProtocol',
    "heard on the tunnel's interface instead",
  ],
  [
    'BIG TCP: a total length of 0',
    raw,
    `4500 0000 0001 4000 40 06 0000 ${TO4} ${SYN}`,
    'truncated',
    'more than 64 KiB in one, which is no knock',
  ],
  [
    'a jumbogram (RFC 2675)',
    raw,
    `60000000 0000 00 40 ${TO6} 0600 c204 00010014 ${SYN}`,
    'truncated',
    'as above',
  ],
];

describe('odd frames', () => {
  for (const [name, linkType, frame, reading, why] of [...LINKS, ...IP]) {
    test(`${name}: ${reading.split(' ')[0]}`, () =>
      assert.equal(readFrame(linkType, hex(frame)), reading, why));
  }

  test('one of 64 KiB, as a card hands segments over (GRO): read by its header', () => {
    const ip4 = concat(hex(`4500 ffff 0001 4000 40 06 0000 ${TO4} ${SYN}`), new Uint8Array(65_535 - 40));
    assert.equal(readFrame(raw, ip4), READ4);
    const ip6 = concat(hex(`60000000 ffff 06 40 ${TO6} ${SYN}`), new Uint8Array(65_535 - 20));
    assert.equal(readFrame(raw, ip6), READ6);
    const udp = concat(
      hex(`4500 ffff 0001 0000 40 11 0000 ${TO4} 9c40 1b58 ffeb 0000`),
      new Uint8Array(65_535 - 28),
    );
    assert.equal(readFrame(raw, udp), UDP4);
  });

  test('cut anywhere, a frame is read as the whole one or as none, and never as another', () => {
    for (const [name, linkType, text, reading] of [...LINKS, ...IP]) {
      const frame = hex(text);
      for (let length = 0; length < frame.length; length++) {
        const cut = readFrame(linkType, frame.subarray(0, length));
        assert.ok([NOWHERE, 'truncated', reading].includes(cut), `${name}, cut to ${length}: ${cut}`);
      }
    }
  });
});

function readFrame(linkType: number, frame: Uint8Array): string {
  const start = readLink(linkType, frame);
  return start < 0 ? NOWHERE : readingText(frame, start);
}
