import { quoteText } from '../text/quote-text.ts';
import { isObject } from './reader.ts';

/**
 * A line of an answer. `refused`: the daemon understood the request and refuses it; `wrong`: the line is not a valid
 * answer, and why.
 */
export type ParsedAnswer<T> =
  | { readonly kind: 'answer'; readonly answer: T }
  | { readonly kind: 'refused'; readonly message: string }
  | WrongAnswer;

export type WrongAnswer = { readonly kind: 'wrong'; readonly message: string };

/** Characters shown of an invalid answer. */
const SHOWN = 120;

/** What every line has: `{ok: true, …}` or `{ok: false, error}`. */
export function parseEnvelope(verb: string, line: unknown): ParsedAnswer<Readonly<Record<string, unknown>>> {
  if (isObject(line)) {
    if (line.ok === true) return { kind: 'answer', answer: line };
    if (line.ok === false && typeof line.error === 'string') return { kind: 'refused', message: line.error };
  }
  const text = JSON.stringify(line) ?? 'nothing';
  return wrongAnswer(verb, `it is ${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}`);
}

export function wrongAnswer(verb: string, why: string): WrongAnswer {
  const remedy = 'restart the daemon, and see its log';
  const message = `the daemon's answer to ${quoteText(verb)} cannot be understood: ${why}: ${remedy}`;
  return { kind: 'wrong', message };
}
