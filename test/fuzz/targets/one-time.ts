import assert from 'node:assert/strict';
import { markSequenceUsed, parseOneTimeSequences } from '../../../src/core/config/file/one-time-sequences.ts';
import { renderSequence } from '../../../src/core/door/sequence.ts';
import { readCorpus, texts } from '../corpus.ts';
import { judgePlaces } from '../judge-places.ts';
import { readerTarget, type Target } from '../target.ts';

const HASH = 0x23;
const utf8 = new TextEncoder();

/** Files of one-time sequences, and their marking. */
export function oneTimeTarget(): Target {
  const tokens = texts(
    '\n',
    '\r\n',
    '#',
    ' #',
    ',',
    ':udp',
    ':',
    '65535',
    '65536',
    '0',
    '\t',
    '\uFEFF',
    '\u202e',
    '\0',
    '1,2,3\n',
  );
  return readerTarget(
    {
      name: 'one-time',
      share: 10,
      material: { corpus: readCorpus('one-time'), tokens, maxBytes: 65_536 },
    },
    take,
  );
}

function take(bytes: Uint8Array): void {
  const { next, left, warnings } = parseOneTimeSequences('f', bytes);
  judgePlaces(bytes, warnings);
  assert.equal(next === undefined, left === 0);
  if (next === undefined) return;
  const again = parseOneTimeSequences('f', utf8.encode(renderSequence(next.sequence)));
  assert.deepEqual(again.next?.sequence, next.sequence);
  const overwritten = bytes.slice();
  overwritten[next.byteOffset] = HASH;
  for (const marked of [markSequenceUsed(bytes, next.line), overwritten]) {
    assert.equal(parseOneTimeSequences('f', marked).left, left - 1, 'one fewer is left');
  }
}
