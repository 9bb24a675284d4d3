import { escapeText } from '../text/quote-text.ts';
import { parseEnvelope, type WrongAnswer, wrongAnswer } from './envelope.ts';
import { record } from './reader.ts';
import { NUMBER, TEXT } from './value-readers.ts';

/**
 * The number of the contract between a command and the daemon. It grows when a request or an answer changes in such a way
 * that the other end of an earlier version would not understand it; a field more is no such change.
 */
export const PROTOCOL = 1;

/** The answer to `ping`, which is the first request of every conversation. */
export type Greeting = { readonly protocol: number; readonly version: string };

export const GREETING = record<Greeting>({ protocol: NUMBER, version: TEXT });

/** `other-version`: with what to do, in a sentence. */
export type OtherGreeting =
  | { readonly kind: 'other-version' | 'refused'; readonly message: string }
  | WrongAnswer;

/** The first line that a daemon says, whichever version it is of. Those before protocol 1 say no number. */
export function parseGreeting(line: unknown): { readonly kind: 'same-version' } | OtherGreeting {
  const said = parseEnvelope('ping', line);
  if (said.kind !== 'answer') return said;
  const { protocol, version } = said.answer;
  if (protocol === PROTOCOL) return { kind: 'same-version' };
  if (protocol !== undefined && typeof protocol !== 'number') {
    return wrongAnswer('ping', 'the field "protocol" is not a number');
  }
  const named = typeof version === 'string' ? ` (version ${escapeText(version)})` : '';
  const message =
    protocol !== undefined && protocol > PROTOCOL
      ? `the running daemon${named} is newer than this command, and does not understand it: use the \`bussa\` that was installed with the daemon, or restart the daemon`
      : `the running daemon${named} is older than this command, and does not understand it: restart the daemon`;
  return { kind: 'other-version', message };
}
