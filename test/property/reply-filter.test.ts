// Answers of an engine of any form, in pieces: what is small passes unchanged, and what is large is cut to a bounded answer.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BadReply, ReplyFilter } from '../../src/core/fleet/reply-filter.ts';
import { seeded } from '../lab/seed.ts';

type Reply = string | null | number | readonly Reply[];

const small = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary-ascii', maxLength: 40 }),
    fc.constant(null),
    fc.integer(),
    fc.array(tie('reply'), { maxLength: 6 }),
  ),
})).reply;

/** As an engine writes it. */
function render(reply: Reply): string {
  if (reply === null) return '$-1\r\n';
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`;
  return `*${reply.length}\r\n${reply.map(render).join('')}`;
}

/** In pieces of that many bytes. */
function filtered(bytes: string, size: number): string {
  const filter = new ReplyFilter();
  let out = '';
  for (let at = 0; at < bytes.length; at += size)
    out += Buffer.from(filter.take(Buffer.from(bytes.slice(at, at + size), 'latin1'))).toString('latin1');
  return out;
}

describe('answers of an engine', () => {
  test('small ones pass as they are, in whatever pieces they arrive', (t) => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 5 }), fc.integer({ min: 1, max: 64 }), (replies, size) => {
        const bytes = replies.map(render).join('');
        assert.equal(filtered(bytes, size), bytes);
      }),
      seeded(t),
    );
  });

  test('of large ones the rest is left out, and what comes behind them is whole', () => {
    const long = 'x'.repeat(1 << 20);
    const cases: readonly (readonly [Reply, Reply])[] = [
      [long, ''],
      [
        ['1-1', ['r', long, 's', 'short']],
        ['1-1', ['r', '', 's', 'short']],
      ],
      [Array.from({ length: 10_000 }, () => 'a'), Array.from({ length: 8192 }, () => 'a')],
      [
        [Array.from({ length: 10_000 }, () => [1, [2]]), 'behind'],
        [Array.from({ length: 8192 }, () => [1, [2]]), 'behind'],
      ],
    ];
    for (const [given, expected] of cases)
      for (const size of [977, 65_536])
        assert.equal(filtered(render(given) + render('next'), size), render(expected) + render('next'));
    // Too much in all: the places of the answer stay, and have nothing in them.
    const entries = Array.from({ length: 256 }, () => ['1-1', Array.from({ length: 4096 }, () => 'f')]);
    const out = filtered(render(entries) + render('next'), 65_536);
    assert.ok(out.length < 1_000_000, `${out.length}`);
    assert.ok(out.startsWith('*256\r\n') && out.endsWith(render('next')));
    assert.equal(filtered(out, 65_536), out, 'it is an answer');
  });

  test('what is no answer is refused, and never takes more memory than its own', (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const { length } = new ReplyFilter().take(bytes);
          assert.ok(length <= 8 * bytes.length + 16);
        } catch (error) {
          assert.ok(error instanceof BadReply);
        }
      }),
      seeded(t),
    );
    for (const wrong of ['*1\r\n'.repeat(20), '!7\r\n', '$x\r\n', '*-2\r\n', '+a\rb\r\n'])
      assert.throws(() => filtered(wrong, 64), BadReply, wrong);
  });
});
