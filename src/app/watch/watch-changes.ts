import type { WatchPoll } from './watch-poll.ts';

/** Something that has changed between two looks at the daemon, for those who read lines. */
export type WatchChange = {
  readonly event: 'opened' | 'failed' | 'closed' | 'attempt' | 'dropped' | 'refused';
  readonly source?: string;
  readonly door?: string;
  /** Milliseconds until it closes. */
  readonly left?: number;
  readonly stage?: number;
  readonly stages?: number;
  readonly count?: number;
  /** What the start command has failed of. */
  readonly reason?: string;
};

/** What is new in `poll`. Without an earlier one, everything that is open. */
export function watchChanges(before: WatchPoll | undefined, poll: WatchPoll): readonly WatchChange[] {
  const changes: WatchChange[] = [];
  const old = new Set(before?.leases.map(({ id }) => id));
  for (const { id, source, door, left } of poll.leases) {
    if (!old.has(id)) changes.push({ event: 'opened', source, door, left });
  }
  const failed = new Set(before?.leases.filter((one) => one.startFailure !== undefined).map(({ id }) => id));
  for (const { id, source, door, startFailure: reason } of poll.leases) {
    if (reason !== undefined && !failed.has(id)) changes.push({ event: 'failed', source, door, reason });
  }
  const now = new Set(poll.leases.map(({ id }) => id));
  for (const { id, source, door } of before?.leases ?? []) {
    if (!now.has(id)) changes.push({ event: 'closed', source, door });
  }
  const stages = new Map(before?.attempts.map(({ source, door, stage }) => [`${source} ${door}`, stage]));
  for (const { source, door, stage, stages: whole } of poll.attempts) {
    const known = stages.get(`${source} ${door}`);
    if (known !== stage) changes.push({ event: 'attempt', source, door, stage, stages: whole });
  }
  if (before === undefined || before.status.startedAt !== poll.status.startedAt) return changes;
  const refused = poll.status.counts.refused - before.status.counts.refused;
  if (refused > 0) changes.push({ event: 'refused', count: refused });
  const dropped = poll.status.packets.dropped - before.status.packets.dropped;
  if (dropped > 0) changes.push({ event: 'dropped', count: dropped });
  return changes;
}

export function renderChange(change: WatchChange): string {
  const { source = '', door = '', left = 0, stage = 0, stages = 0, count = 0 } = change;
  switch (change.event) {
    case 'opened':
      return `${source}: ${door}: open for ${Math.ceil(left / 1000)} s`;
    case 'failed':
      return `${source}: ${door}: the start command ${change.reason ?? 'failed'}`;
    case 'closed':
      return `${source}: ${door}: closed`;
    case 'attempt':
      return `${source}: ${door}: knock ${stage} of ${stages}`;
    case 'refused':
      return `${count} refused`;
    case 'dropped':
      return `${count} packets lost: arrived faster than they could be processed`;
  }
}
