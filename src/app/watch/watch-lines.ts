import { setTimeout as delay } from 'node:timers/promises';
import type { DaemonChoice, DaemonReply } from '../ask-daemon.ts';
import { type WatchChange, watchChanges } from './watch-changes.ts';
import { takePoll, type WatchPoll } from './watch-poll.ts';

/**
 * For where there is no terminal: tells every change, until the daemon cannot be asked any more, and why not. `polls`
 * bounds how often it is asked.
 */
export async function watchLines(
  choice: DaemonChoice,
  intervalMs: number,
  tell: (change: WatchChange) => void,
): Promise<Exclude<DaemonReply, { kind: 'answer' }>> {
  let before: WatchPoll | undefined;
  for (;;) {
    const result = await takePoll(choice);
    if (result.kind !== 'poll') return result;
    for (const change of watchChanges(before, result.poll)) tell(change);
    before = result.poll;
    await delay(intervalMs);
  }
}
