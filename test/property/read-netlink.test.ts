import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type NetlinkRows, readNetlink } from '../../src/host/interfaces/read-netlink.ts';
import { seeded } from '../lab/seed.ts';

/** A message of linux/netlink.h: length u32, type u16, flags u16, sequence u32, port u32, then its body. */
function message(type: number, body: Uint8Array, length = 16 + body.length): Uint8Array {
  const bytes = Buffer.alloc(16 + Math.ceil(body.length / 4) * 4);
  bytes.writeUInt32LE(length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.set(body, 16);
  return bytes;
}

function attribute(type: number, value: Uint8Array, length = 4 + value.length): Uint8Array {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

const bytes = fc.uint8Array({ maxLength: 64 });
const small = fc.nat(40);
const attributes = fc
  .array(fc.tuple(fc.nat(12), bytes, fc.option(fc.nat(0xffff), { nil: undefined })), { maxLength: 4 })
  .map((list) =>
    Buffer.concat(list.map(([type, value, length]) => attribute(type, value, length ?? 4 + value.length))),
  );

/** Messages as the kernel makes them, most of them, with a wrong length or a cut here and there. */
const hostile = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.constantFrom(2, 3, 16, 20, 24, 17, 99),
        fc.uint8Array({ minLength: 0, maxLength: 16 }),
        attributes,
        fc.option(fc.oneof(small, fc.nat(0xffff_ffff)), { nil: undefined }),
      ),
      { maxLength: 4 },
    ),
    fc.option(small, { nil: undefined }),
  )
  .map(([list, cut]) => {
    const all = Buffer.concat(
      list.map(([type, head, tail, length]) => {
        const body = Buffer.concat([head, tail]);
        return message(type, body, length ?? 16 + body.length);
      }),
    );
    return cut === undefined ? all : all.subarray(0, Math.max(0, all.length - cut));
  });

function judge({ rows, errno }: NetlinkRows): void {
  assert.ok(Number.isInteger(errno));
  for (const row of rows) {
    assert.ok(Number.isInteger(row.index));
    if (row.kind === 'address') assert.match(row.address, /^[0-9a-f.:]+$/);
    if (row.kind === 'link') assert.equal(row.name.includes('\0'), false);
  }
}

describe('netlink messages', () => {
  test('arbitrary bytes: neither a throw nor a hang, nor more rows than there is room for', (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (input) => {
        const result = readNetlink(input);
        judge(result);
        assert.ok(result.rows.length <= input.length / 8);
      }),
      seeded(t, { numRuns: 1000 }),
    );
  });

  test('messages with wrong lengths, or cut off', (t) => {
    fc.assert(
      fc.property(hostile, (input) => judge(readNetlink(input))),
      seeded(t, { numRuns: 5000 }),
    );
  });

  test('what stands before a damaged message is read', () => {
    const body = Buffer.concat([Buffer.alloc(16), attribute(3, Buffer.from('eth0\0'))]);
    body.writeInt32LE(7, 4);
    body.writeUInt32LE(1, 8);
    const damaged = message(16, body, 0xffff_fff0);
    assert.deepEqual(readNetlink(Buffer.concat([message(16, body), damaged])), {
      rows: [{ kind: 'link', index: 7, name: 'eth0', up: true }],
      done: false,
      errno: 0,
    });
  });

  test('an error is the end, a confirmation is none', () => {
    const error = Buffer.alloc(20);
    error.writeInt32LE(-13, 0);
    assert.deepEqual(readNetlink(message(2, error)), { rows: [], done: true, errno: 13 });
    const { done, errno } = readNetlink(message(2, Buffer.alloc(20)));
    assert.deepEqual([done, Math.abs(errno)], [false, 0]);
    assert.equal(readNetlink(message(3, Buffer.alloc(4))).done, true);
  });
});
