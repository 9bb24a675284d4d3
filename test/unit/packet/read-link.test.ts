import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isKnownLinkType, LINK_TYPE, readLink } from '../../../src/core/packet/read-link.ts';
import { hex } from '../../lab/capture-bytes.ts';

const MACS = '020000000009 5a596693e3b3';
const IPV4 = '4500001d00c5400040 11';
const IPV6 = '6000000000091140';

/** Frame, link type, and where the packet begins in it. */
const CARRIERS: readonly (readonly [string, number, string, number])[] = [
  ['Ethernet with IPv4', LINK_TYPE.ethernet, `${MACS} 0800 ${IPV4}`, 14],
  ['Ethernet with IPv6', LINK_TYPE.ethernet, `${MACS} 86dd ${IPV6}`, 14],
  ['Ethernet with an 802.1Q tag', LINK_TYPE.ethernet, `${MACS} 8100 0007 0800 ${IPV4}`, 18],
  ['Ethernet with a priority tag', LINK_TYPE.ethernet, `${MACS} 8100 e000 86dd ${IPV6}`, 18],
  ['Ethernet with 802.1ad and 802.1Q', LINK_TYPE.ethernet, `${MACS} 88a8 0064 8100 0007 0800 ${IPV4}`, 22],
  ['Ethernet with the old QinQ', LINK_TYPE.ethernet, `${MACS} 9100 0064 8100 0007 0800 ${IPV4}`, 22],
  ['Ethernet with four tags', LINK_TYPE.ethernet, `${MACS} ${'8100 0001'.repeat(4)} 0800 ${IPV4}`, 30],
  ['loopback, little endian', LINK_TYPE.null, `02000000 ${IPV4}`, 4],
  ['loopback, big endian', LINK_TYPE.null, `00000002 ${IPV4}`, 4],
  ['loopback, IPv6 of Linux', LINK_TYPE.null, `0a000000 ${IPV6}`, 4],
  ['loopback, IPv6 of NetBSD', LINK_TYPE.null, `18000000 ${IPV6}`, 4],
  ['loopback, IPv6 of FreeBSD', LINK_TYPE.null, `1c000000 ${IPV6}`, 4],
  ['loopback, IPv6 of Darwin', LINK_TYPE.null, `0000001e ${IPV6}`, 4],
  ['OpenBSD loopback', LINK_TYPE.loop, `00000018 ${IPV6}`, 4],
  ['raw IPv4', LINK_TYPE.raw, IPV4, 0],
  ['raw IPv6', LINK_TYPE.raw, IPV6, 0],
  ['raw 12', LINK_TYPE.raw12, IPV4, 0],
  ['raw 14', LINK_TYPE.raw14, IPV6, 0],
  ['IPv4', LINK_TYPE.ipv4, IPV4, 0],
  ['IPv6', LINK_TYPE.ipv6, IPV6, 0],
  ['Linux cooked', LINK_TYPE.linuxSll, `0004 0001 0006 5a596693e3b3 0000 0800 ${IPV4}`, 16],
  [
    'Linux cooked with a tag',
    LINK_TYPE.linuxSll,
    `0004 0001 0006 5a596693e3b3 0000 8100 0007 86dd ${IPV6}`,
    20,
  ],
  ['Linux cooked 2', LINK_TYPE.linuxSll2, `0800 0000 00000003 0001 04 06 5a596693e3b30000 ${IPV4}`, 20],
  [
    'Linux cooked 2 with a tag',
    LINK_TYPE.linuxSll2,
    `8100 0000 00000003 0001 04 06 5a596693e3b30000 0007 86dd ${IPV6}`,
    24,
  ],
  ['PPP', LINK_TYPE.ppp, `0021 ${IPV4}`, 2],
  ['PPP in HDLC framing', LINK_TYPE.ppp, `ff03 0057 ${IPV6}`, 4],
  ['PPP with a compressed protocol', LINK_TYPE.ppp, `21 ${IPV4}`, 1],
  ['PPP in HDLC framing, compressed', LINK_TYPE.ppp, `ff03 57 ${IPV6}`, 3],
];

const OTHERS: readonly (readonly [string, number, string])[] = [
  ['ARP', LINK_TYPE.ethernet, `${MACS} 0806 0001`],
  ['an 802.3 length in place of a type', LINK_TYPE.ethernet, `${MACS} 0026 4242 03`],
  ['five tags', LINK_TYPE.ethernet, `${MACS} ${'8100 0001'.repeat(5)} 0800 ${IPV4}`],
  ['a tag and nothing behind it', LINK_TYPE.ethernet, `${MACS} 8100`],
  ['half a tag', LINK_TYPE.ethernet, `${MACS} 8100 0007`],
  ['a tagged ARP', LINK_TYPE.ethernet, `${MACS} 8100 0007 0806 0001`],
  ['a header and nothing behind it', LINK_TYPE.ethernet, `${MACS} 0800`],
  ['half a header', LINK_TYPE.ethernet, MACS],
  ['AppleTalk on loopback', LINK_TYPE.null, `10000000 ${IPV4}`],
  ['a family of both byte orders', LINK_TYPE.null, `02000002 ${IPV4}`],
  ['a loopback header and nothing behind it', LINK_TYPE.loop, '00000002'],
  ['IPv6 where IPv4 was announced', LINK_TYPE.ipv4, IPV6],
  ['IPv4 where IPv6 was announced', LINK_TYPE.ipv6, IPV4],
  ['cooked ARP', LINK_TYPE.linuxSll, '0004 0001 0006 5a596693e3b3 0000 0806 0001'],
  ['a cooked header and nothing behind it', LINK_TYPE.linuxSll, '0004 0001 0006 5a596693e3b3 0000 0800'],
  [
    'a cooked 2 header and nothing behind it',
    LINK_TYPE.linuxSll2,
    '0800 0000 00000003 0001 04 06 5a596693e3b30000',
  ],
  ['LCP on PPP', LINK_TYPE.ppp, 'ff03 c021 0101'],
  ['a PPP header and nothing behind it', LINK_TYPE.ppp, 'ff03 0021'],
  ['an unknown link type', 147, IPV4],
  ['a negative link type', -1, IPV4],
];

describe('where the packet begins in a frame', () => {
  for (const [name, linkType, frame, offset] of CARRIERS) {
    test(`${name}: ${offset}`, () => assert.equal(readLink(linkType, hex(frame)), offset));
  }

  for (const [name, linkType, frame] of OTHERS) {
    test(`${name}: nowhere`, () => assert.equal(readLink(linkType, hex(frame)), -1));
  }

  test('an empty frame has no packet, whatever its link type', () => {
    for (let linkType = 0; linkType < 300; linkType++)
      assert.equal(readLink(linkType, new Uint8Array(0)), -1);
  });

  test('a frame cut anywhere has a packet only if a byte of it is there', () => {
    for (const [name, linkType, text, offset] of CARRIERS) {
      const frame = hex(text);
      for (let length = 0; length < frame.length; length++) {
        const found = readLink(linkType, frame.subarray(0, length));
        assert.equal(found, length > offset ? offset : -1, `${name}, cut to ${length}`);
      }
    }
  });

  test('known link types', () => {
    for (const linkType of Object.values(LINK_TYPE)) assert.ok(isKnownLinkType(linkType));
    for (const linkType of [-1, 2, 105, 147, 65_535]) assert.ok(!isKnownLinkType(linkType));
  });
});
