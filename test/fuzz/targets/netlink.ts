import assert from 'node:assert/strict';
import { parseAddress } from '../../../src/core/net/address.ts';
import { isForeignChange } from '../../../src/host/firewall/ruleset/read-generation.ts';
import { readNetlink } from '../../../src/host/interfaces/read-netlink.ts';
import { readAnswer, readAttributes } from '../../../src/host/netlink/netlink-message.ts';
import { readHexCorpus } from '../corpus.ts';
import { readerTarget, type Target } from '../target.ts';

/** struct rtnexthop, the smallest thing that makes a row. */
const SMALLEST_ROW = 8;

/** The kernel's messages: interfaces and addresses, changes of the rules, answers to orders. */
export function netlinkTarget(): Target {
  return readerTarget(
    {
      name: 'netlink',
      share: 8,
      material: { corpus: readHexCorpus('netlink.txt'), tokens: TOKENS, maxBytes: 16_384 },
    },
    take,
  );
}

function take(bytes: Uint8Array): void {
  const { rows, done, errno } = readNetlink(bytes);
  assert.ok(rows.length <= bytes.length / SMALLEST_ROW, `${rows.length} rows`);
  assert.ok(Number.isInteger(errno) && (errno === 0 || done));
  for (const row of rows) {
    assert.ok(Number.isInteger(row.index));
    if (row.kind === 'address') assert.equal(parseAddress(row.address), row.address);
    if (row.kind === 'link') assert.ok(!row.name.includes('\0'));
  }
  assert.equal(typeof isForeignChange(bytes, 7), 'boolean');
  const answer = readAnswer(bytes, bytes[8] ?? 0);
  assert.ok(Number.isInteger(answer.errno) && answer.errno >= 0);
  for (const body of answer.bodies) {
    for (const value of readAttributes(body).values()) assert.ok(value.byteLength <= body.byteLength);
  }
}

const TOKENS = [
  '10000000',
  '14000000',
  '1000',
  '1400',
  '1800',
  '0200',
  '0300',
  '0f0a0000',
  '08000300',
  '14000100',
  '08000200',
  '0c000900',
  '08000100',
  'ffffffff',
  '0000',
].map((digits) => Uint8Array.from(Buffer.from(digits, 'hex')));
