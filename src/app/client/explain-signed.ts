import { type Millis, millis } from '../../core/net/time.ts';
import type { SignedOutcome } from './exchange-signed.ts';

/** The outcome of a signed knock as one sentence, with the remedy. */
export function explainSigned(outcome: SignedOutcome): string {
  switch (outcome.kind) {
    case 'not-sent':
      return outcome.reason;
    case 'no-reply':
      return 'the server has not replied to the signed knock: it did not arrive, or the server does not know the key, or the card is another server’s; compare them with bussa user list and bussa key show there';
    case 'not-awaited':
      return 'it was open before the server’s reply to the signed knock came';
    case 'reply':
      return explainReply(outcome);
    default:
      return outcome satisfies never;
  }
}

/** The reply takes some time, and counts in whole seconds. */
const SLACK_MS = 5000;

function explainReply({
  reply,
  behind,
  wanted = millis(0),
}: Extract<SignedOutcome, { kind: 'reply' }>): string {
  const { status, left, seen } = reply;
  switch (status) {
    case 'open':
      return `the server says: open for ${renderLength(left)}, your address is ${seen}${shortened(left, wanted)}`;
    case 'refused':
      return `the server refuses: this key may not open that door from ${seen}; on the server, bussa explain ${seen} says why; Door in the profile names one of several doors`;
    case 'clock':
      return `${behind === undefined ? 'the server finds this clock wrong' : explainClock(behind)}, and it does not take its own challenge: set the clock (timedatectl)`;
    case 'source':
      return `the server sees this knock from ${seen}, but it is bound to another source: a translated address has changed`;
    case 'busy':
      return 'the server is busy and has not looked at the door: try again in a moment';
    default:
      return status satisfies never;
  }
}

function shortened(left: Millis, wanted: Millis): string {
  // A door that runs a command reports no time.
  if (left === 0 || left + SLACK_MS >= wanted) return '';
  return `; For asks for ${renderLength(wanted)}, but max_open_for of the door on the server allows less`;
}

/** `behind`: negative if this clock is ahead. */
export function explainClock(behind: Millis): string {
  return `your clock is ${renderLength(Math.abs(behind))} ${behind < 0 ? 'ahead of' : 'behind'} the server’s`;
}

function renderLength(length: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const;
  for (const [unit, name] of units) if (length >= 2 * unit) return `${Math.round(length / unit)} ${name}`;
  return `${Math.round(length / 1000)} s`;
}
