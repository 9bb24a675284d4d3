import { setTimeout as delay } from 'node:timers/promises';
import type { DaemonSelector, NoAnswer } from '../ask/ask-daemon.ts';
import { type WatchChange, watchChanges } from './watch-changes.ts';
import { takePoll, type WatchPoll } from './watch-poll.ts';

/** A daemon has no more: one that came into view because others went has not been opened just then. */
const ALL = 65_536;

/**
 * For where there is no terminal: tells every change, until the daemon cannot be asked any more, and why not. `intervalMs`
 * bounds how often it is asked.
 */
export async function watchLines(
  choice: DaemonSelector,
  intervalMs: number,
  tell: (change: WatchChange) => void,
): Promise<NoAnswer> {
  let before: WatchPoll | undefined;
  for (;;) {
    const result = await takePoll(choice, ALL);
    if (result.kind !== 'poll') return result;
    for (const change of watchChanges(before, result.poll)) tell(change);
    before = result.poll;
    await delay(intervalMs);
  }
}
