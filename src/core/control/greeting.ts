import { escapeText } from '../text/quote-text.ts';
import { parseEnvelope, type WrongAnswer, wrongAnswer } from './envelope.ts';
import { record } from './reader.ts';
import { NUMBER, TEXT } from './value-readers.ts';

/**
 * Version of the contract between a command and the daemon. It increases when a request or an answer changes so that an
 * earlier version would not understand it. An added field is not such a change.
 */
export const PROTOCOL = 1;

/** The answer to `ping`, the first request of every conversation. */
export type Greeting = { readonly protocol: number; readonly version: string };

export const GREETING = record<Greeting>({ protocol: NUMBER, version: TEXT });

/** `other-version`: with a sentence that says what to do. */
export type OtherGreeting =
  | { readonly kind: 'other-version' | 'refused'; readonly message: string }
  | WrongAnswer;

/** The first line from a daemon of any version. Daemons before protocol 1 send no number. */
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
