import { setTimeout as sleep } from 'node:timers/promises';
import type { Sequence, SequenceStep } from '../../core/door/sequence.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { monotonicMs } from '../../host/clock/monotonic.ts';
import { type AnsweredKnock, sendAnsweredKnock } from '../../host/network/answered-knock.ts';
import { type Destination, renderDestination } from '../../host/network/destination.ts';
import { PLATFORM, type Platform } from '../../host/platform/platform.ts';
import { explainErrno } from './explain-errno.ts';

/** The kernel repeats an unanswered SYN after 1 s, which would count as a wrong knock. The socket is closed before. */
const MAX_LISTENING = millis(800);
/** Windows repeats a SYN half a second after a reset. */
const MAX_LISTENING_WINDOWS = millis(400);

export const listeningLimit = (platform: Platform): Millis =>
  platform === 'win32' ? MAX_LISTENING_WINDOWS : MAX_LISTENING;

export type Walk =
  | { readonly kind: 'all-left' }
  /** Another address succeeded first: no more knocks are needed. */
  | { readonly kind: 'stopped' }
  /** The deadline passed first. */
  | { readonly kind: 'late'; readonly left: number }
  | { readonly kind: 'failed'; readonly reasons: readonly string[] };

/**
 * Sends the knocks in order. Each one is sent as soon as the previous one is answered, or after `delay` at the latest.
 * An answer proves that the packet arrived, so no later one can overtake it. `deadline` is on the clock of
 * `monotonicMs`. `heard` is called for each answer.
 */
export async function walkSequence(
  to: Destination,
  sequence: Sequence,
  delay: Millis,
  deadline: number,
  stop: AbortSignal,
  heard: () => void,
): Promise<Walk> {
  const reasons: string[] = [];
  for (const [i, step] of sequence.entries()) {
    if (stop.aborted) return { kind: 'stopped' };
    if (monotonicMs() >= deadline) return { kind: 'late', left: i };
    const isLast = i === sequence.length - 1;
    const knock = sendAnsweredKnock(to, step.protocol, step.port);
    try {
      const error = await knock.left;
      if (error !== undefined) reasons.push(explainStep(to, step, error));
      if (!isLast) await pause(knock, Math.min(delay, deadline - monotonicMs()), stop, heard);
    } finally {
      knock.close();
    }
  }
  return reasons.length === 0 ? { kind: 'all-left' } : { kind: 'failed', reasons: [...new Set(reasons)] };
}

/** Waits until the knock is answered or the time is over. */
async function pause(
  knock: AnsweredKnock,
  length: number,
  stop: AbortSignal,
  heard: () => void,
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([stop, over.signal]);
  const until = monotonicMs() + length;
  const isAnswered = await Promise.race([
    knock.answered.then(() => true),
    wait(Math.min(length, listeningLimit(PLATFORM)), signal),
  ]);
  over.abort();
  if (isAnswered) return heard();
  knock.close();
  await wait(until - monotonicMs(), stop);
}

/** Resolves to `false` after `length` milliseconds or when stopped. Node.js truncates a delay to whole milliseconds. */
async function wait(length: number, signal: AbortSignal): Promise<false> {
  if (length > 0) await sleep(Math.ceil(length), undefined, { signal }).catch(() => undefined);
  return false;
}

function explainStep(
  to: Destination,
  { protocol, port }: SequenceStep,
  error: NodeJS.ErrnoException,
): string {
  const { syscall = 'connect', code = error.message, errno = 0 } = error;
  return explainErrno(`${syscall} on ${protocol} ${renderDestination(to)}:${port}: ${code}`, code, errno);
}
