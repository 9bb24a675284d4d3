import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Address, renderAddress } from '../../src/core/net/address.ts';
import { millis } from '../../src/core/net/time.ts';
import type { SetChange } from '../../src/core/nft/elements.ts';
import { MAX_ELEMENTS, writeTransaction } from '../../src/host/firewall/nftables/nft-element-messages.ts';
import { MessageWriter } from '../../src/host/netlink/message-writer.ts';
import { readAttributes, readMessages } from '../../src/host/netlink/netlink-message.ts';
import { seeded } from '../lab/seed.ts';

const SEQUENCE = 9;
const NLM_F_ACK = 4;
const [NEW, DELETE] = [0x0a0c, 0x0a0e];

type Grant = SetChange['into'][number];

const word = fc.nat(0xffff_ffff);
const four = word.map((w) => renderAddress(4, 0, 0, 0, w));
const six = fc.tuple(word, word, word, word).map((w) => renderAddress(6, ...w));
const name = fc.string({ minLength: 1, maxLength: 127, unit: 'grapheme' });
const left = fc.integer({ min: 1, max: 2 ** 40 }).map(millis);

/** Few elements, or more than one message holds. */
const changeOf = (address: fc.Arbitrary<Address>): fc.Arbitrary<SetChange> =>
  fc.record({
    ownTable: fc.record({ family: fc.constant('inet' as const), table: name, prefix: fc.constant('d_') }),
    set: name,
    out: fc.array(address, { maxLength: 3 }),
    into: fc.oneof(
      { weight: 20, arbitrary: fc.array(fc.record({ source: address, left }), { maxLength: 3 }) },
      fc
        .tuple(address, left)
        .map(([source, ms]) => new Array<Grant>(2 * MAX_ELEMENTS + 1).fill({ source, left: ms })),
    ),
  });

type Told = {
  readonly type: number;
  readonly table: string;
  readonly set: string;
  readonly elements: string[];
};

/** As the kernel reads it: nested attributes by their lengths. */
function told(type: number, body: DataView): Told {
  const list = readAttributes(body, 4);
  const text = (at: number): string => {
    const view = list.get(at) as DataView;
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString().replace(/\0$/, '');
  };
  const nest = list.get(3) as DataView;
  const elements: string[] = [];
  for (let at = 0; at < nest.byteLength; at += nest.getUint16(at, true)) {
    const fields = readAttributes(
      new DataView(nest.buffer, nest.byteOffset + at + 4, nest.getUint16(at, true) - 4),
    );
    const value = readAttributes(fields.get(1) as DataView).get(1) as DataView;
    const words = Array.from({ length: value.byteLength / 4 }, (_, i) => value.getUint32(4 * i));
    const [a = 0, b = 0, c = 0, d = 0] = words;
    const address = words.length === 1 ? renderAddress(4, 0, 0, 0, a) : renderAddress(6, a, b, c, d);
    elements.push(`${address} ${fields.get(4)?.getBigUint64(0) ?? 'gone'}`);
  }
  return { type, table: text(1), set: text(2), elements };
}

/** The same by what the change says. */
function wanted({ ownTable: { table }, set, out, into }: SetChange): Told[] {
  const parts = <T>(all: readonly T[]): T[][] =>
    Array.from({ length: Math.ceil(all.length / MAX_ELEMENTS) }, (_, i) =>
      all.slice(i * MAX_ELEMENTS, (i + 1) * MAX_ELEMENTS),
    );
  return [
    ...parts(out).flatMap((part) => [
      { type: NEW, table, set, elements: part.map((source) => `${source} 1000`) },
      { type: DELETE, table, set, elements: part.map((source) => `${source} gone`) },
    ]),
    ...parts(into).map((part) => ({
      ...{ type: NEW, table, set },
      elements: part.map(({ source, left: ms }) => `${source} ${ms}`),
    })),
  ];
}

test('a transaction says each change of each set, however many and however long their names, and asks for one answer', (t) => {
  const writer = new MessageWriter();
  const changes = fc.array(fc.oneof(changeOf(four), changeOf(six)), { maxLength: 4 });
  fc.assert(
    fc.property(changes, (all) => {
      const messages = [...readMessages(writeTransaction(writer, all, SEQUENCE))];
      const inner = messages.slice(1, -1);
      assert.deepEqual([messages[0]?.type, messages.at(-1)?.type], [0x10, 0x11]);
      assert.deepEqual(
        inner.map(({ type, body }) => told(type, body)),
        all.flatMap(wanted),
      );
      assert.ok(messages.every(({ sequence }) => sequence === SEQUENCE));
      const asking = messages.flatMap(({ flags }, i) => ((flags & NLM_F_ACK) === 0 ? [] : [i]));
      assert.deepEqual(asking, inner.length === 0 ? [] : [inner.length]);
    }),
    seeded(t, { numRuns: 150 }),
  );
});
