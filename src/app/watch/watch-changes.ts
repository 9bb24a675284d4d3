import type { FeedEvent } from '../../core/control/feed-event.ts';

/** A change, for line output. */
export type WatchChange = {
  readonly event: 'opened' | 'failed' | 'closed' | 'attempt' | 'dropped' | 'refused' | 'lost';
  readonly source?: string;
  readonly door?: string;
  /** Milliseconds until it closes. */
  readonly left?: number;
  readonly stage?: number;
  readonly stages?: number;
  readonly count?: number;
  /** Why the start command failed, or why the opening was refused. */
  readonly reason?: string;
};

/** The change that an event means; `undefined`: none to report. */
export function watchChange(happened: FeedEvent): WatchChange | undefined {
  const { event, at, source, door, until, stage, stages, reason, count } = happened;
  const place = {
    ...(source === undefined ? {} : { source }),
    ...(door === undefined ? {} : { door }),
  };
  const why = reason === undefined ? {} : { reason };
  switch (event) {
    case 'lease-opened':
      return { event: 'opened', ...place, ...(until === undefined ? {} : { left: until - at }) };
    case 'lease-closed':
      return { event: 'closed', ...place };
    case 'start-failed':
      return { event: 'failed', ...place, ...why };
    case 'stage':
      return {
        event: 'attempt',
        ...place,
        ...(stage === undefined ? {} : { stage }),
        ...(stages === undefined ? {} : { stages }),
      };
    case 'refused':
      return { event: 'refused', ...place, count: 1, ...why };
    case 'packets-dropped':
      return { event: 'dropped', count: count ?? 0 };
    default:
      return undefined;
  }
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
      return `${source}: ${door}: refused: ${change.reason ?? 'the log says why'}`;
    case 'dropped':
      return `${count} packets lost: arrived faster than they could be processed`;
    case 'lost':
      return `${count} events were too many to be told`;
  }
}
