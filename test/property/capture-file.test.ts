import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_CAPTURED_LENGTH } from '../../src/core/packet/capture-record.ts';
import { readCaptureFile } from '../../src/core/packet/read-capture-file.ts';
import { readLink } from '../../src/core/packet/read-link.ts';
import {
  block,
  concat,
  enhancedBlock,
  hex,
  interfaceBlock,
  option,
  pcapHeader,
  pcapRecord,
  sectionBlock,
  summary,
} from '../lab/capture-bytes.ts';
import { seeded } from '../lab/seed.ts';

const order = fc.constantFrom('little' as const, 'big' as const);
const frame = fc.uint8Array({ maxLength: 80 });
const linkType = fc.constantFrom(0, 1, 9, 12, 14, 101, 108, 113, 228, 229, 276);

/** A second of this century and a nanosecond of it. */
const stamp = fc.record({
  seconds: fc.integer({ min: 946_684_800, max: 4_102_444_799 }),
  nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
});
const recorded = fc.array(fc.record({ stamp, frame }), { maxLength: 8 });
type Recorded = { stamp: { seconds: number; nanoseconds: number }; frame: Uint8Array };

const pcap = fc.tuple(order, linkType, recorded).map(([bytes, link, packets]) => ({
  expected: packets.map((packet) => expectation(link, packet)),
  file: concat(
    pcapHeader(bytes, 0xa1b23c4d, link),
    ...packets.map(({ stamp: at, frame: data }) => pcapRecord(bytes, at.seconds, at.nanoseconds, data)),
  ),
}));

const pcapng = fc
  .array(fc.tuple(order, linkType, recorded, fc.integer({ min: 7, max: 0xffff })), {
    minLength: 1,
    maxLength: 3,
  })
  .map((sections) => ({
    expected: sections.flatMap(([, link, packets]) => packets.map((packet) => expectation(link, packet))),
    file: concat(
      ...sections.flatMap(([bytes, link, packets, unknown]) => [
        sectionBlock(bytes),
        interfaceBlock(bytes, link, 0, option(bytes, 9, hex('09')), option(bytes, 2, hex('65746830'))),
        block(bytes, unknown, hex('00000000')),
        ...packets.map(({ stamp: at, frame: data }) =>
          enhancedBlock(bytes, 0, BigInt(at.seconds) * 1_000_000_000n + BigInt(at.nanoseconds), data),
        ),
      ]),
    ),
  }));

function expectation(link: number, { stamp: at, frame: data }: Recorded): string {
  return `${at.seconds}.${at.nanoseconds} ${link} ${Buffer.from(data).toString('hex')}`;
}

function readBack(file: Uint8Array): string[] {
  return [...readCaptureFile(file)].map((item) => {
    if (item.kind === 'damaged') return `damaged: ${item.reason}`;
    const seconds = Math.round((item.time - item.nanoseconds / 1e6) / 1000);
    return expectation(item.linkType, {
      stamp: { seconds, nanoseconds: item.nanoseconds },
      frame: item.bytes,
    });
  });
}

/** Whatever the bytes: the reader ends, within the file, with at most one damage, which comes last. */
function assertSane(file: Uint8Array): void {
  // No record is shorter than a pcapng block of 12 bytes, so there cannot be more items than this.
  const most = file.length / 12 + 1;
  let count = 0;
  let damaged = false;
  for (const item of readCaptureFile(file)) {
    assert.ok(!damaged, 'nothing follows damage');
    assert.ok(++count <= most, 'more items than there is room for');
    if (item.kind === 'damaged') {
      damaged = true;
      assert.ok(item.offset >= 0 && item.offset <= file.length);
      continue;
    }
    assert.ok(Number.isFinite(item.time));
    assert.ok(Number.isInteger(item.nanoseconds) && item.nanoseconds >= 0 && item.nanoseconds < 1e9);
    assert.ok(item.bytes.length <= Math.min(file.length, MAX_CAPTURED_LENGTH));
    assert.equal(item.bytes.buffer, file.buffer, 'a part of the file, not a copy');
    const offset = readLink(item.linkType, item.bytes);
    assert.ok(offset === -1 || (offset >= 0 && offset < item.bytes.length));
  }
}

const mutation = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('set' as const, 'insert' as const, 'delete' as const, 'cut' as const),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(hex('ffffffff'), hex('00000000'), hex('7fffffff'), hex('00000080'), hex('0a0d0d0a')),
  ),
});

function mutate(
  file: Uint8Array,
  changes: readonly { at: number; kind: string; bytes: Uint8Array }[],
): Uint8Array {
  let result = file;
  for (const { at, kind, bytes } of changes) {
    const start = at % (result.length + 1);
    const behind = kind === 'insert' ? start : start + bytes.length;
    const middle = kind === 'delete' || kind === 'cut' ? new Uint8Array(0) : bytes;
    result = concat(result.subarray(0, start), middle, kind === 'cut' ? middle : result.subarray(behind));
  }
  return result;
}

describe('capture files', () => {
  test('what is written is read back: pcap', (t) => {
    const property = fc.property(pcap, ({ file, expected }) => assert.deepEqual(readBack(file), expected));
    fc.assert(property, seeded(t, { numRuns: 500 }));
  });

  test('what is written is read back: pcapng, several sections of either byte order', (t) => {
    const property = fc.property(pcapng, ({ file, expected }) => assert.deepEqual(readBack(file), expected));
    fc.assert(property, seeded(t, { numRuns: 500 }));
  });

  test('a file cut anywhere keeps its packets up to the cut', (t) => {
    const property = fc.property(fc.oneof(pcap, pcapng), fc.nat(), ({ file, expected }, cut) => {
      const said = readBack(file.subarray(0, 4 + (cut % (file.length - 3))));
      const whole = said.filter((line) => !line.startsWith('damaged'));
      assert.deepEqual(whole, expected.slice(0, whole.length));
      assert.ok(said.length - whole.length <= 1);
    });
    fc.assert(property, seeded(t, { numRuns: 1000 }));
  });

  test('arbitrary bytes, behind the beginning of a capture or not', (t) => {
    const heads = [
      hex(''),
      pcapHeader('little'),
      pcapHeader('big'),
      sectionBlock('little'),
      sectionBlock('big'),
    ];
    const bytes = fc.uint8Array({ maxLength: 400 });
    const property = fc.property(fc.constantFrom(...heads), bytes, (head, tail) =>
      assertSane(concat(head, tail)),
    );
    fc.assert(property, seeded(t, { numRuns: 3000 }));
  });

  test('captures with a few bytes changed, added, taken away or cut off', (t) => {
    const changes = fc.array(mutation, { minLength: 1, maxLength: 6 });
    const property = fc.property(fc.oneof(pcap, pcapng), changes, ({ file }, list) =>
      assertSane(mutate(file, list)),
    );
    fc.assert(property, seeded(t, { numRuns: 3000 }));
  });

  test('reading twice says the same twice', (t) => {
    const property = fc.property(
      fc.oneof(pcap, pcapng),
      fc.array(mutation, { maxLength: 2 }),
      ({ file }, list) => {
        const bytes = mutate(file, list);
        assert.deepEqual(summary(readCaptureFile(bytes)), summary(readCaptureFile(bytes.slice())));
      },
    );
    fc.assert(property, seeded(t, { numRuns: 500 }));
  });

  test('the link layer of arbitrary frames: inside the frame, or nowhere', (t) => {
    const types = fc.oneof(linkType, fc.integer({ min: -1, max: 0xffff }));
    const property = fc.property(types, fc.uint8Array({ maxLength: 64 }), (type, bytes) => {
      const offset = readLink(type, bytes);
      assert.ok(offset === -1 || (Number.isInteger(offset) && offset >= 0 && offset < bytes.length));
    });
    fc.assert(property, seeded(t, { numRuns: 5000 }));
  });
});
