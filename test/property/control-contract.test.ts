import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  ANSWERS,
  type AnswerVerb,
  type ControlVerb,
  REQUESTS,
  ROWS,
  type RowsVerb,
  STREAMS,
  type StreamVerb,
} from '../../src/core/control/contract.ts';
import { PROTOCOL, parseGreeting } from '../../src/core/control/greeting.ts';
import {
  parseAnswer,
  parsePart,
  parseStreamed,
  renderAnswer,
  renderPart,
  renderStreamed,
} from '../../src/core/control/parse-answer.ts';
import {
  parseRequest,
  RequestError,
  renderRequest,
  requestVerb,
} from '../../src/core/control/parse-request.ts';
import { ANY_ANSWER, ANY_ROW, ANY_STREAMED } from '../lab/control-answers.ts';
import { ANY_LINE, damage } from '../lab/control-lines.ts';
import { ANY_REQUEST } from '../lab/control-requests.ts';
import { seeded } from '../lab/seed.ts';

const overTheSocket = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the contract of the control socket', () => {
  for (const verb of Object.keys(REQUESTS) as ControlVerb[]) {
    test(`a request to ${verb} arrives as it was made`, (t) => requestsArrive(verb, seeded(t)));
  }
  for (const verb of Object.keys(ANSWERS) as AnswerVerb[]) {
    test(`an answer to ${verb} arrives as it was made`, (t) => answersArrive(verb, seeded(t)));
  }
  for (const verb of Object.keys(ROWS) as RowsVerb[]) {
    test(`the rows of ${verb} arrive as they were made`, (t) => rowsArrive(verb, seeded(t)));
  }

  for (const verb of Object.keys(STREAMS) as StreamVerb[]) {
    test(`the parts of ${verb} arrive as they were made`, (t) => partsArrive(verb, seeded(t)));
  }

  test('what is no request is refused in words', (t) => {
    const verbs = Object.keys(REQUESTS) as ControlVerb[];
    const wrong = fc.oneof(
      fc.jsonValue(),
      fc.record({ verb: fc.constantFrom(...verbs), ip: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(wrong, (request) => {
        try {
          parseRequest(requestVerb(request), request);
        } catch (error) {
          assert.ok(error instanceof RequestError, String(error));
        }
      }),
      seeded(t),
    );
  });

  test('a damaged answer is a value, not an exception, and says which field is wrong', (t) => {
    const verbs = Object.keys(ANSWERS) as AnswerVerb[];
    const rows = Object.keys(ROWS) as RowsVerb[];
    fc.assert(
      fc.property(ANY_LINE, fc.nat(), fc.option(fc.jsonValue(), { nil: undefined }), (line, at, by) => {
        const wrong = damage(overTheSocket(line), at, by);
        const read = [
          ...verbs.map((verb) => parseAnswer(verb, wrong)),
          ...rows.map((verb) => parsePart(verb, wrong)),
        ];
        for (const one of read)
          if (one.kind === 'wrong') assert.match(one.message, /cannot be understood: .+/s);
        const kinds = new Set(read.map(({ kind }) => kind));
        assert.ok(kinds.size > 0);
      }),
      seeded(t),
    );
  });

  test('each field that an answer needs is missed by its place', () => {
    const said = parseAnswer('extend', { ok: true, lease: { id: 'a', door: 'ssh', source: '10.0.0.1' } });
    assert.ok(said.kind === 'wrong');
    assert.match(said.message, /the field "lease\.state" is not one of opening, open, closing/);
    const part = parsePart('doors', { ok: true, doors: [{ name: 'ssh' }], more: false });
    assert.ok(part.kind === 'wrong');
    assert.match(part.message, /the field "doors\[0\]\.ports" is not a text/);
  });

  test('a field more is no other version', () => {
    const said = parseAnswer('close', { ok: true, closed: 1, closing: 0, since: 'later' });
    assert.deepEqual(said, { kind: 'answer', answer: { closed: 1, closing: 0 } });
  });

  test('a greeting distinguishes this version from older and newer ones', () => {
    assert.deepEqual(parseGreeting({ ok: true, protocol: PROTOCOL, version: '9' }), { kind: 'same-version' });
    const kinds = [
      [{ ok: true }, 'other-version', /older .*restart the daemon/],
      [{ ok: true, protocol: PROTOCOL - 1 }, 'other-version', /older .*restart the daemon/],
      [
        { ok: true, protocol: PROTOCOL + 1, version: '2.0' },
        'other-version',
        /version 2\.0\) is newer .*`bussa`/,
      ],
      [{ ok: false, error: 'full' }, 'refused', /^full$/],
      [{ ok: true, protocol: 'x' }, 'wrong', /not a number/],
      [[], 'wrong', /cannot be understood/],
    ] as const;
    for (const [line, kind, words] of kinds) {
      const said = parseGreeting(line);
      assert.ok(said.kind === kind, said.kind);
      assert.match(said.message, words);
    }
  });
});

function requestsArrive<V extends ControlVerb>(verb: V, parameters: object): void {
  fc.assert(
    fc.property(ANY_REQUEST[verb], (fields) => {
      const request = overTheSocket(renderRequest({ verb, ...fields }));
      assert.equal(requestVerb(request), verb);
      assert.deepEqual(parseRequest(verb, request), plain(fields));
    }),
    parameters,
  );
}

function answersArrive<V extends AnswerVerb>(verb: V, parameters: object): void {
  fc.assert(
    fc.property(ANY_ANSWER[verb], (answer) => {
      const read = parseAnswer(verb, overTheSocket(renderAnswer(verb, answer)));
      assert.deepEqual(read, { kind: 'answer', answer: plain(answer) });
    }),
    parameters,
  );
}

function partsArrive<V extends StreamVerb>(verb: V, parameters: object): void {
  fc.assert(
    fc.property(ANY_STREAMED[verb], (part) => {
      const read = parseStreamed(verb, overTheSocket(renderStreamed(verb, part)));
      assert.deepEqual(read, { kind: 'answer', answer: plain(part) });
    }),
    parameters,
  );
}

function rowsArrive<V extends RowsVerb>(verb: V, parameters: object): void {
  fc.assert(
    fc.property(fc.array(ANY_ROW[verb], { maxLength: 5 }), fc.boolean(), (rows, more) => {
      const read = parsePart(verb, overTheSocket(renderPart(verb, { rows, more })));
      assert.deepEqual(read, { kind: 'answer', answer: { rows: rows.map(plain), more } });
    }),
    parameters,
  );
}

/** fast-check makes objects without a prototype. */
const plain = <T>(value: T): T => structuredClone(value);
