import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCaptureFile } from '../../../src/core/packet/read-capture-file.ts';
import { concat, hex, pcapHeader, pcapRecord, summary, words } from '../../lab/capture-bytes.ts';

const SYN =
  '0200000000095a596693e3b308004500003ca9f8400040066aa80a0909010a090909a1e81b5888f5352d00000000' +
  'a002faf0264a0000020405b40402080adace7f69000000000103030a';
const UDP = '0200000000095a596693e3b308004500001d00c54000401113f00a0909010a090909bcb01f410009263600';

describe('files that tcpdump 4.99 wrote', () => {
  test('microseconds, a SYN of the C knock on Ethernet', () => {
    const file = hex(`
      d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
      5e25036b ed6e0700 4a000000 4a000000 ${SYN}`);
    assert.deepEqual(summary(readCaptureFile(file)), [`2026-11-22T17:24:46.487149000 link 1 ${SYN}`]);
  });

  test('nanoseconds, a UDP knock', () => {
    const file = hex(`
      4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000
      5e25036b a25a0e1d 2b000000 2b000000 ${UDP}`);
    assert.deepEqual(summary(readCaptureFile(file)), [`2026-11-22T17:24:46.487479970 link 1 ${UDP}`]);
  });

  test('all interfaces at once, Linux cooked 2', () => {
    const packet = '4500001d00c54000401113f00a0909010a090909bcb01f410009263600';
    const [sent, passing] = ['0003000104065a596693e3b30000', '0002000103065a596693e3b30000'];
    const file = hex(`
      d4c3b2a1 0200 0400 00000000 00000000 00000400 14010000
      5e25036b 37700700 31000000 31000000 080000000000 ${sent} ${packet}
      5e25036b 54700700 31000000 31000000 080000000000 ${passing} ${packet}`);
    assert.deepEqual(summary(readCaptureFile(file)), [
      `2026-11-22T17:24:46.487479000 link 276 080000000000${sent}${packet}`,
      `2026-11-22T17:24:46.487508000 link 276 080000000000${passing}${packet}`,
    ]);
  });
});

describe('every kind of classic capture file', () => {
  const bytes = hex('4500');
  for (const order of ['little', 'big'] as const) {
    test(`${order} endian, microseconds`, () => {
      const file = concat(
        pcapHeader(order, 0xa1b2c3d4, 101),
        pcapRecord(order, 1_700_000_000, 123_456, bytes),
      );
      const [packet] = [...readCaptureFile(file)];
      assert.ok(packet?.kind === 'packet');
      assert.equal(packet.nanoseconds, 123_456_000);
      assert.ok(Math.abs(packet.time - 1_700_000_000_123.456) < 0.0005);
      assert.equal(packet.linkType, 101);
      assert.deepEqual(packet.bytes, bytes);
    });

    test(`${order} endian, nanoseconds`, () => {
      const file = concat(
        pcapHeader(order, 0xa1b23c4d),
        pcapRecord(order, 1_700_000_000, 123_456_789, bytes),
      );
      assert.deepEqual(summary(readCaptureFile(file)), ['2023-11-14T22:13:20.123456789 link 1 4500']);
    });
  }

  test('a fraction of more than a second is carried over', () => {
    const file = concat(pcapHeader('little'), pcapRecord('little', 10, 2_500_000, bytes));
    assert.deepEqual(summary(readCaptureFile(file)), ['1970-01-01T00:00:12.500000000 link 1 4500']);
  });

  test('times up to the end of 32 bits', () => {
    const file = concat(pcapHeader('big'), pcapRecord('big', 0xffff_ffff, 999_999, bytes));
    assert.deepEqual(summary(readCaptureFile(file)), ['2106-02-07T06:28:15.999999000 link 1 4500']);
  });

  test('the frame check sequence bits beside the link type are left out', () => {
    const file = concat(pcapHeader('little', 0xa1b2c3d4, 0x4400_0001), pcapRecord('little', 0, 0, bytes));
    assert.deepEqual(summary(readCaptureFile(file)), ['1970-01-01T00:00:00.000000000 link 1 4500']);
  });

  test('a packet of no bytes, and a file of no packets', () => {
    assert.deepEqual(summary(readCaptureFile(pcapHeader('little'))), []);
    const file = concat(pcapHeader('little'), pcapRecord('little', 0, 0, hex('')));
    assert.deepEqual(summary(readCaptureFile(file)), ['1970-01-01T00:00:00.000000000 link 1 ']);
  });

  test('the bytes are a part of the file, not a copy', () => {
    const file = concat(pcapHeader('little'), pcapRecord('little', 0, 0, bytes));
    const [packet] = [...readCaptureFile(file)];
    assert.ok(packet?.kind === 'packet');
    assert.equal(packet.bytes.buffer, file.buffer);
  });
});

describe('damage', () => {
  const good = concat(pcapHeader('little'), pcapRecord('little', 0, 0, hex('4500')));

  test('a file cut anywhere gives the packets before the cut, and says that it is cut', () => {
    for (let length = 4; length < good.length; length++) {
      const said = summary(readCaptureFile(good.subarray(0, length)));
      if (length === 24) assert.deepEqual(said, []);
      else
        assert.match(
          said.join('\n'),
          /^damaged at (0|24): the file ends inside a record/,
          `cut to ${length}`,
        );
    }
    const second = concat(good, pcapRecord('little', 1, 0, hex('6000')).subarray(0, 17));
    assert.deepEqual(summary(readCaptureFile(second)), [
      '1970-01-01T00:00:00.000000000 link 1 4500',
      'damaged at 42: the file ends inside a record, at least 1 bytes too early',
    ]);
  });

  for (const lie of [262_145, 0x7fff_ffff, 0xffff_ffff]) {
    test(`a packet of ${lie} bytes is a lie`, () => {
      const file = concat(good, words('little', 0, 0, lie, lie), new Uint8Array(100));
      assert.match(
        summary(readCaptureFile(file)).at(-1) ?? '',
        /^damaged at 42: a packet of \d+ bytes is longer/,
      );
    });
  }

  test('the longest packet is none', () => {
    const file = concat(pcapHeader('little'), pcapRecord('little', 0, 0, new Uint8Array(262_144)));
    assert.equal([...readCaptureFile(file)][0]?.kind, 'packet');
  });

  test('another version', () => {
    const file = good.slice();
    file[4] = 1;
    assert.deepEqual(summary(readCaptureFile(file)), ['damaged at 0: pcap version 1 is not known, only 2']);
  });

  for (const text of ['', 'd4', 'd4c3b2', '7f454c46', '34cdb2a1', '1f8b0800', '00000000']) {
    test(`a file that begins with "${text}" is no capture`, () => {
      assert.deepEqual(summary(readCaptureFile(hex(text))), [
        'damaged at 0: neither a pcap nor a pcapng file',
      ]);
    });
  }
});
