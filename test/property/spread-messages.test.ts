// What gateways tell each other of knocks: one form for each message, and nothing throws.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../src/core/bytes/concat-bytes.ts';
import { MAX_RECORD_BYTES, SIGNATURE_BYTES } from '../../src/core/fleet/fleet-record.ts';
import { MAX_HITS, MAX_SPREAD_STEPS, WRONG_STEP } from '../../src/core/fleet/spread/spread-hit.ts';
import {
  parseAnswer,
  parseQuestion,
  renderAnswer,
  renderQuestion,
} from '../../src/core/fleet/spread/spread-messages.ts';
import { seeded } from '../lab/seed.ts';
import { address } from '../unit/attempt/knocks.ts';

const PLAIN = { noNullPrototype: true } as const;

const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/);
const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const age = fc.nat({ max: 2 ** 31 }).map((units) => units / 128);
const step = fc.oneof(fc.nat({ max: MAX_SPREAD_STEPS - 1 }), fc.constantFrom(WRONG_STEP.tcp, WRONG_STEP.udp));
const question = fc.record(
  {
    fleet: name,
    member: name,
    nonce: hex(32),
    door: fc.constantFrom('ssh', 'Tür', 'd'.repeat(64)),
    source: fc.constantFrom('192.0.2.1', '2001:db8::1', '::ffff:1').map(address),
    knocks: hex(16),
  },
  PLAIN,
);
const observed = fc.record(
  {
    hits: fc
      .array(
        fc.record({ step, age, copy: fc.option(fc.nat({ max: MAX_HITS - 1 }), { nil: undefined }) }, PLAIN),
        {
          maxLength: MAX_HITS,
          size: 'max',
        },
      )
      .map((hits) =>
        hits.map(({ step, age, copy }, index) => ({
          step,
          age,
          ...(copy === undefined || index === 0 ? {} : { copyOf: copy % index }),
        })),
      ),
    touch: fc.record({ age, mark: fc.nat({ max: 65_535 }) }, PLAIN),
  },
  { requiredKeys: ['hits'], noNullPrototype: true },
);
const answer = fc.record(
  {
    fleet: name,
    member: name,
    nonce: hex(32),
    observed: fc.option(observed, { nil: undefined }),
  },
  PLAIN,
);
const signature = fc.uint8Array({ minLength: SIGNATURE_BYTES, maxLength: SIGNATURE_BYTES });

describe('questions about knocks, and answers', () => {
  test('are read as they were written, the longest too', (t) => {
    const property = fc.property(question, answer, signature, (asked, answered, signed) => {
      const ask = renderQuestion(asked);
      const tell = renderAnswer(answered);
      assert.ok(tell.length + SIGNATURE_BYTES <= MAX_RECORD_BYTES, `${tell.length}`);
      assert.deepEqual(parseQuestion(concatBytes(ask, signed)), {
        message: asked,
        rendered: ask,
        signature: signed,
      });
      assert.deepEqual(parseAnswer(concatBytes(tell, signed)), {
        message: answered,
        rendered: tell,
        signature: signed,
      });
    });
    fc.assert(property, seeded(t, { numRuns: 600 }));
  });

  test('are refused if they are cut, longer, or of another kind; whatever can be read has these bytes alone', (t) => {
    const property = fc.property(
      question,
      answer,
      signature,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
      fc.nat(),
      (asked, answered, signed, changes, cut) => {
        for (const [rendered, parse, render] of [
          [renderQuestion(asked), parseQuestion, renderQuestion],
          [renderAnswer(answered), parseAnswer, renderAnswer],
        ] as const) {
          const bytes = concatBytes(rendered, signed);
          assert.equal(parse(bytes.subarray(0, cut % SIGNATURE_BYTES)), undefined);
          assert.equal(parse(concatBytes(rendered.subarray(0, cut % rendered.length), signed)), undefined);
          assert.equal(parse(concatBytes(rendered, Uint8Array.of(0), signed)), undefined);
          const other = parse === parseQuestion ? parseAnswer : parseQuestion;
          assert.equal(other(bytes), undefined);
          for (const [at, byte] of changes) bytes[at % rendered.length] = byte;
          const read = parse(bytes);
          if (read !== undefined) assert.deepEqual(render(read.message as never), read.rendered);
        }
      },
    );
    fc.assert(property, seeded(t, { numRuns: 600 }));
  });

  test('junk is none', (t) => {
    const property = fc.property(fc.uint8Array({ maxLength: 1100 }), (bytes) => {
      parseQuestion(bytes);
      parseAnswer(bytes);
    });
    fc.assert(property, seeded(t, { numRuns: 600 }));
  });
});
