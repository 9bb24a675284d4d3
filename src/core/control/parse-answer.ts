import { quoteText } from '../text/quote-text.ts';
import {
  ANSWERS,
  type Answers,
  type AnswerVerb,
  ROWS,
  type Rows,
  type RowsVerb,
  STREAMS,
  type Streams,
  type StreamVerb,
} from './contract.ts';
import { type ParsedAnswer, parseEnvelope, type WrongAnswer, wrongAnswer } from './envelope.ts';
import { type Reader, WrongValue } from './reader.ts';

/** `rows` of a multi-part answer; `more`: whether another part follows. */
export type Part<T> = { readonly rows: readonly T[]; readonly more: boolean };

export const renderAnswer = <V extends AnswerVerb>(
  _verb: V,
  answer: Answers[V],
): Readonly<Record<string, unknown>> => ({
  ok: true,
  ...answer,
});

export function parseAnswer<V extends AnswerVerb>(verb: V, line: unknown): ParsedAnswer<Answers[V]> {
  const said = parseEnvelope(verb, line);
  if (said.kind !== 'answer') return said;
  const answer = ANSWERS[verb].read(said.answer);
  return answer instanceof WrongValue ? wrongField(verb, answer) : { kind: 'answer', answer };
}

export const renderPart = <V extends RowsVerb>(
  verb: V,
  { rows, more }: Part<Rows[V]>,
): Readonly<Record<string, unknown>> => ({
  ok: true,
  [verb]: rows,
  more,
});

export function parsePart<V extends RowsVerb>(verb: V, line: unknown): ParsedAnswer<Part<Rows[V]>> {
  const said = parseEnvelope(verb, line);
  if (said.kind !== 'answer') return said;
  const { [verb]: values, more } = said.answer;
  const rows: Rows[V][] = [];
  const reader: Reader<Rows[V]> = ROWS[verb];
  if (!Array.isArray(values)) return wrongField(verb, new WrongValue('a list', verb));
  if (typeof more !== 'boolean') return wrongField(verb, new WrongValue('true or false', 'more'));
  for (const [at, value] of values.entries()) {
    const row = reader.read(value);
    if (row instanceof WrongValue) return wrongField(verb, row.in(`${verb}[${at}]`));
    rows.push(row);
  }
  return { kind: 'answer', answer: { rows, more } };
}

/** A line of a continuous answer. */
export function renderStreamed<V extends StreamVerb>(
  verb: V,
  part: Streams[V],
): Readonly<Record<string, unknown>> {
  const { write }: Reader<Streams[V]> = STREAMS[verb];
  return { ok: true, ...(write === undefined ? part : (write(part) as object)) };
}

export function parseStreamed<V extends StreamVerb>(verb: V, line: unknown): ParsedAnswer<Streams[V]> {
  const said = parseEnvelope(verb, line);
  if (said.kind !== 'answer') return said;
  const answer = STREAMS[verb].read(said.answer);
  return answer instanceof WrongValue ? wrongField(verb, answer) : { kind: 'answer', answer };
}

const wrongField = (verb: string, { path, is }: WrongValue): WrongAnswer =>
  wrongAnswer(verb, path === '' ? `it is not ${is}` : `the field ${quoteText(path)} is not ${is}`);
