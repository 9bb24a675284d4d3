import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCaptureFile } from '../../../src/core/packet/read-capture-file.ts';
import {
  block,
  concat,
  enhancedBlock,
  halves,
  hex,
  interfaceBlock,
  option,
  padded,
  sectionBlock,
  summary,
  words,
} from '../../lab/capture-bytes.ts';

const SYN =
  '0200000000095a596693e3b308004500003ca9f8400040066aa80a0909010a090909a1e81b5888f5352d00000000' +
  'a002faf0264a0000020405b40402080adace7f69000000000103030a';
const UDP = '0200000000095a596693e3b308004500001d00c54000401113f00a0909010a090909bcb01f410009263600';

/** The section header that editcap 4.0.17 writes, its own name as an option. */
const EDITCAP_SECTION = `
  0a0d0d0a 6c000000 4d3c2b1a 0100 0000 ffffffffffffffff
  0400 4500 45646974636170202857697265736861726b2920342e302e313720284769742076342e302e3137207061636b6167
            656420617320342e302e31372d302b646562313275332900 0000
  0000 0000 6c000000`;

describe('files that editcap 4.0.17 wrote', () => {
  test('microseconds', () => {
    const file = hex(`${EDITCAP_SECTION}
      01000000 14000000 0100 0000 00000400 14000000
      06000000 6c000000 00000000 e0600600 6d02f5c0 4a000000 4a000000 ${SYN} 0000 6c000000`);
    const said = summary(readCaptureFile(file));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', new RegExp(`^2026-11-22T17:24:46.487149000 link 1 ${SYN}$`));
  });

  test('nanoseconds', () => {
    const file = hex(`${EDITCAP_SECTION}
      01000000 20000000 0100 0000 00000400 0900 0100 09000000 0000 0000 20000000
      06000000 4c000000 00000000 f16dea18 a28616bd 2b000000 2b000000 ${UDP} 00 4c000000`);
    assert.deepEqual(summary(readCaptureFile(file)), [`2026-11-22T17:24:46.487479970 link 1 ${UDP}`]);
  });
});

const IP = hex('45000000');
const MICROS = 1_700_000_000_123_456n;
const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

for (const order of ['little', 'big'] as const) {
  describe(`${order} endian`, () => {
    const file = (...blocks: readonly Uint8Array[]): string[] =>
      summary(readCaptureFile(concat(sectionBlock(order), ...blocks)));
    const raw = (...options: readonly Uint8Array[]): Uint8Array => interfaceBlock(order, 101, 0, ...options);

    test('an enhanced packet; options behind it do not matter', () => {
      const comment = option(order, 1, utf8('a comment'));
      const body = [
        words(order, 0, Number(MICROS >> 32n), Number(MICROS & 0xffff_ffffn), 2, 60),
        hex('45000000'),
      ];
      assert.deepEqual(file(raw(), enhancedBlock(order, 0, MICROS, IP)), [
        '2023-11-14T22:13:20.123456000 link 101 45000000',
      ]);
      assert.deepEqual(file(raw(), block(order, 6, ...body, comment)), [
        '2023-11-14T22:13:20.123456000 link 101 4500',
      ]);
    });

    test('the obsolete packet block, whose interface has 16 bits', () => {
      const stamp = words(order, Number(MICROS >> 32n), Number(MICROS & 0xffff_ffffn), 3, 3);
      const old = block(order, 2, halves(order, 1, 0xffff), stamp, hex('45000000'));
      assert.deepEqual(file(raw(), interfaceBlock(order, 1, 0), old), [
        '2023-11-14T22:13:20.123456000 link 1 450000',
      ]);
    });

    test('a simple packet takes over the time of the packet before it, and the snap length of the interface', () => {
      const simple = block(order, 3, words(order, 60), hex('45000000'));
      assert.deepEqual(
        file(interfaceBlock(order, 101, 3), simple, enhancedBlock(order, 0, MICROS, IP), simple),
        [
          '1970-01-01T00:00:00.000000000 link 101 450000',
          '2023-11-14T22:13:20.123456000 link 101 45000000',
          '2023-11-14T22:13:20.123456000 link 101 450000',
        ],
      );
    });

    const RESOLUTIONS: readonly (readonly [number, bigint, string])[] = [
      [0, 1_700_000_000n, '20.000000000'],
      [3, 1_700_000_000_123n, '20.123000000'],
      [6, MICROS, '20.123456000'],
      [9, 1_700_000_000_123_456_789n, '20.123456789'],
      [12, 1_000_123_456_789_999n, '40.123456789'],
      [0x80, 1_700_000_000n, '20.000000000'],
      [0x80 + 10, 1_700_000_000n * 1024n + 512n, '20.500000000'],
      [0x80 + 32, (1_700_000_000n << 32n) + 0x4000_0000n, '20.250000000'],
      [127, 0xffff_ffff_ffff_ffffn, '00.000000000'],
      [0xff, 0xffff_ffff_ffff_ffffn, '00.000000000'],
    ];
    for (const [value, time, seconds] of RESOLUTIONS) {
      test(`if_tsresol ${value}`, () => {
        const resolution = option(order, 9, Uint8Array.of(value));
        assert.match(
          file(raw(resolution), enhancedBlock(order, 0, time, IP))[0] ?? '',
          new RegExp(`:${seconds} `),
        );
      });
    }

    test('if_tsoffset, forwards and backwards', () => {
      const offset = (seconds: bigint): Uint8Array => {
        const unsigned = BigInt.asUintN(64, seconds);
        const pair = words(order, Number(unsigned >> 32n), Number(unsigned & 0xffff_ffffn));
        return option(order, 14, order === 'big' ? pair : concat(pair.subarray(4), pair.subarray(0, 4)));
      };
      assert.match(
        file(raw(offset(3600n)), enhancedBlock(order, 0, MICROS, IP))[0] ?? '',
        /^2023-11-14T23:13:20\.1/,
      );
      assert.match(
        file(raw(offset(-3600n)), enhancedBlock(order, 0, MICROS, IP))[0] ?? '',
        /^2023-11-14T21:13:20\.1/,
      );
    });

    test('interface names, and each packet by its own interface', () => {
      const name = (text: string): Uint8Array => option(order, 2, utf8(text));
      const blocks = [raw(name('eth0')), interfaceBlock(order, 1, 0, name('bad\u001b[2J\nname'))];
      assert.deepEqual(file(...blocks, enhancedBlock(order, 1, 0n, IP), enhancedBlock(order, 0, 0n, IP)), [
        '1970-01-01T00:00:00.000000000 link 1 bad?[2J?name 45000000',
        '1970-01-01T00:00:00.000000000 link 101 eth0 45000000',
      ]);
    });

    test('what follows the end of the options is not read', () => {
      const blocks = [
        raw(halves(order, 0, 0), halves(order, 9, 0xffff)),
        enhancedBlock(order, 0, MICROS, IP),
      ];
      assert.deepEqual(file(...blocks), ['2023-11-14T22:13:20.123456000 link 101 45000000']);
    });

    test('blocks that hold no packets are passed over', () => {
      const unknown = [4, 5, 10, 0x0bad, 0x8000_0001].map((type) =>
        block(order, type, words(order, 1, 2, 3)),
      );
      assert.deepEqual(file(raw(), ...unknown, block(order, 77), enhancedBlock(order, 0, MICROS, IP)), [
        '2023-11-14T22:13:20.123456000 link 101 45000000',
      ]);
    });

    test('a new section has its own byte order and interfaces', () => {
      const other = order === 'little' ? 'big' : 'little';
      const second = [sectionBlock(other), interfaceBlock(other, 1, 0), enhancedBlock(other, 0, MICROS, IP)];
      assert.deepEqual(file(raw(), raw(), enhancedBlock(order, 1, MICROS, IP), ...second), [
        '2023-11-14T22:13:20.123456000 link 101 45000000',
        '2023-11-14T22:13:20.123456000 link 1 45000000',
      ]);
      assert.deepEqual(file(raw(), sectionBlock(order), enhancedBlock(order, 0, 0n, IP)), [
        'damaged at 76: interface 0 of a packet is not described',
      ]);
    });

    const DAMAGES: readonly (readonly [string, readonly Uint8Array[], RegExp])[] = [
      ['a length that is no multiple of 4', [words(order, 6, 33, 0, 0)], /33 is no length/],
      ['a length of nothing', [words(order, 6, 0, 0, 0)], /0 is no length/],
      ['a length of less than a block', [words(order, 6, 8, 0, 0)], /8 is no length/],
      ['a huge length', [words(order, 6, 0xffff_fffc, 0, 0)], /longer than/],
      ['a length beyond the end', [words(order, 6, 64, 0, 0)], /the file ends inside a record, at least 48/],
      ['two lengths that differ', [words(order, 5, 16, 0, 20)], /two lengths of a block differ/],
      ['a packet before any interface', [enhancedBlock(order, 0, 0n, IP)], /interface 0 .* not described/],
      ['a simple packet before any interface', [block(order, 3, words(order, 0))], /before any interface/],
      ['a packet of no such interface', [raw(), enhancedBlock(order, 0xffff_ffff, 0n, IP)], /4294967295/],
      [
        'a packet longer than its block',
        [raw(), block(order, 6, words(order, 0, 0, 0, 5, 5, 0))],
        /room for 4/,
      ],
      ['a packet block that is too short', [raw(), block(order, 6, words(order, 0, 0, 0, 0))], /too short/],
      ['a simple packet longer than its block', [raw(), block(order, 3, words(order, 5, 0))], /room for 4/],
      ['a simple packet block that is too short', [raw(), block(order, 3)], /too short/],
      ['an interface block that is too short', [block(order, 1, words(order, 1))], /too short/],
      [
        'an option longer than its block',
        [raw(halves(order, 2, 5), hex('61626364'))],
        /longer than its block/,
      ],
      ['an if_tsresol of two bytes', [raw(option(order, 9, hex('0606')))], /if_tsresol option has 2 bytes/],
      ['an if_tsoffset of four bytes', [raw(option(order, 14, hex('00000000')))], /if_tsoffset option has 4/],
      ['a section without its magic', [words(order, 0x0a0d0d0a, 28, 0, 0)], /no byte-order magic/],
      ['a section that is too short', [block(order, 0x0a0d0d0a, words(order, 0x1a2b3c4d))], /too short/],
      [
        'a section of another version',
        [block(order, 0x0a0d0d0a, words(order, 0x1a2b3c4d), halves(order, 2, 0), words(order, 0, 0))],
        /version 2 is not known/,
      ],
    ];
    for (const [name, blocks, reason] of DAMAGES) {
      test(`${name} ends the file as damaged`, () => {
        const before = [raw(), enhancedBlock(order, 0, MICROS, IP), sectionBlock(order)];
        const said = file(...before, ...blocks);
        assert.equal(said.length, 2);
        assert.match(said[0] ?? '', /^2023-11-14T22:13:20/);
        assert.match(said[1] ?? '', /^damaged at \d+: /);
        assert.match(said[1] ?? '', reason);
      });
    }

    test('a file cut anywhere gives the packets before the cut, and says that it is cut', () => {
      const blocks = [sectionBlock(order), raw(), enhancedBlock(order, 0, MICROS, padded(IP))];
      const whole = concat(...blocks);
      const boundaries = [28, 48, whole.length];
      for (let length = 4; length < whole.length; length++) {
        const said = summary(readCaptureFile(whole.subarray(0, length)));
        if (boundaries.includes(length)) assert.deepEqual(said, []);
        else
          assert.match(said.join('\n'), /^damaged at \d+: the file ends inside a record/, `cut to ${length}`);
      }
    });

    test('more interfaces than are kept', () => {
      const blocks = [sectionBlock(order), ...Array.from({ length: 65_537 }, () => raw())];
      const said = summary(readCaptureFile(new Uint8Array(Buffer.concat(blocks))));
      assert.match(said.join('\n'), /^damaged at \d+: more than 65536 interfaces$/);
    });
  });
}
