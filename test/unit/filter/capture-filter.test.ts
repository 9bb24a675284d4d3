import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderCaptureFilter } from '../../../src/core/filter/capture-filter.ts';
import { mergePorts } from '../../../src/core/filter/merge-ports.ts';
import { compileFilter } from '../../../src/host/ffi/libpcap.ts';
import { door } from '../attempt/knocks.ts';

const SYN = { mask: 2, value: 2 };
const SYN_NOT_ACK = { mask: 18, value: 2 };
const V6_TAIL = '(ip6 and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 51 or ip6[6] = 60))';

const ports = (count: number, from: number, apart: number): string =>
  Array.from({ length: count }, (_, i) => `${from + i * apart}`).join(',');

describe('the filter expression', () => {
  test('of no door is empty', () => {
    assert.equal(renderCaptureFilter([], { ipv6: true }), '');
    assert.equal(renderCaptureFilter([], { ipv6: false }), '');
  });

  test('names the ports of TCP and of UDP', () => {
    const expression = renderCaptureFilter([door('a', '7000,8000:udp,9000')], { ipv6: true });
    assert.equal(
      expression,
      `((tcp dst port 7000 or tcp dst port 9000)) or (udp dst port 8000) or ${V6_TAIL}`,
    );
  });

  test('asks for the flags of each rule, in both families', () => {
    const doors = [door('a', '7000', { flags: SYN }), door('b', '8000', { flags: SYN_NOT_ACK })];
    const expression = renderCaptureFilter(doors, { ipv6: true });
    assert.equal(
      expression,
      '(tcp dst port 7000 and ((ip and tcp[13] & 2 = 2) or (ip6 and ip6[53] & 2 = 2))) or ' +
        `(tcp dst port 8000 and ((ip and tcp[13] & 18 = 2) or (ip6 and ip6[53] & 18 = 2))) or ${V6_TAIL}`,
    );
  });

  test('joins neighbours to ranges, and the doors of one rule to one group', () => {
    const doors = [door('a', '1,2,3,65535'), door('b', '4,10:udp'), door('c', '2')];
    const expression = renderCaptureFilter(doors, { ipv6: false });
    assert.equal(expression, 'ip and (((tcp dst portrange 1-4 or tcp dst port 65535)) or (udp dst port 10))');
  });

  test('of many scattered ports has 32 ranges for TCP and for UDP at most', () => {
    const doors = [
      door('a', ports(1000, 100, 60)),
      door('b', ports(500, 7, 111).replaceAll(/\d+/g, '$&:udp')),
    ];
    const expression = renderCaptureFilter(doors, { ipv6: true });
    assert.equal(expression.match(/tcp dst/g)?.length, 32);
    assert.equal(expression.match(/udp dst/g)?.length, 32);
  });

  test('of more than 8 flag rules asks for no flag', () => {
    const doors = Array.from({ length: 9 }, (_, i) =>
      door(`d${i}`, `${7000 + i}`, { flags: { mask: 63, value: i } }),
    );
    assert.equal(renderCaptureFilter(doors.slice(1), { ipv6: true }).match(/tcp\[13\]/g)?.length, 8);
    const expression = renderCaptureFilter(doors, { ipv6: true });
    assert.equal(expression, `(tcp dst portrange 7000-7008) or ${V6_TAIL}`);
  });
});

describe('the filter program', () => {
  const crowds: readonly (readonly [string, (i: number) => ReturnType<typeof door>])[] = [
    [
      'of one flag rule',
      (i) => door(`d${i}`, `${1 + ((i * 7919) % 65_535)},${1 + ((i * 104_729) % 65_535)}:udp`),
    ],
    [
      'of 8 flag rules',
      (i) =>
        door(`d${i}`, `${1 + ((i * 7919) % 65_535)},${1 + ((i * 31) % 65_535)}:udp`, {
          flags: { mask: 63, value: i % 8 },
        }),
    ],
    [
      'of all flag rules',
      (i) => door(`d${i}`, `${1 + ((i * 7919) % 65_535)}`, { flags: { mask: i % 64, value: i % 64 } }),
    ],
  ];
  for (const [name, make] of crowds) {
    test(`of 10,000 doors ${name} is one that the kernel takes`, (t) => {
      const doors = Array.from({ length: 10_000 }, (_, i) => make(i));
      const { instructions } = compileFilter(renderCaptureFilter(doors, { ipv6: true }), 256);
      t.diagnostic(`${instructions} instructions`);
      assert.ok(instructions < 4096, `${instructions} instructions`);
    });
  }
});

describe('ports in ranges', () => {
  test('none of no ports', () => assert.deepEqual(mergePorts([], 32), []));

  test('the narrowest gaps are filled', () => {
    const ranges = mergePorts([1, 100, 103, 500, 501, 65_535], 3);
    assert.deepEqual(ranges, [
      { first: 1, last: 103 },
      { first: 500, last: 501 },
      { first: 65_535, last: 65_535 },
    ]);
  });

  test('one range holds all', () => assert.deepEqual(mergePorts([9, 3, 3, 7], 1), [{ first: 3, last: 9 }]));
});
