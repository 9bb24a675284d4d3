import { askForRows, type DaemonSelector, type NoAnswer } from '../ask/ask-daemon.ts';
import { followDaemon } from '../ask/follow-daemon.ts';
import { type WatchChange, watchChange } from './watch-changes.ts';

/**
 * Output without a terminal: prints what is open, then every change, until the daemon no longer answers, and why.
 * Missed events are reported with their number.
 */
export async function watchLines(
  choice: DaemonSelector,
  print: (change: WatchChange) => void,
): Promise<NoAnswer> {
  /** Leases printed as open at the start. */
  let told: Set<string> | undefined;
  for await (const followed of followDaemon(choice)) {
    if (followed.kind !== 'part') return followed;
    const { events, lost } = followed.part;
    if (lost !== undefined) print({ event: 'lost', count: lost });
    if (told === undefined) {
      const leases = await askForRows(choice, { verb: 'leases' });
      if (leases.kind !== 'answer') return leases;
      for (const { source, door, left } of leases.answer) print({ event: 'opened', source, door, left });
      told = new Set(leases.answer.map(({ source, door }) => `${source} ${door}`));
    }
    for (const event of events) {
      const change = watchChange(event);
      if (change === undefined) continue;
      // It was opened while the list was requested.
      if (change.event === 'opened' && told.delete(`${change.source} ${change.door}`)) continue;
      if (change.event === 'closed') told.delete(`${change.source} ${change.door}`);
      print(change);
    }
  }
  return { kind: 'no-daemon', message: 'the daemon has hung up' };
}
