import type { EventKind } from '../event/event.ts';
import { isLogged } from '../event/event.ts';
import { eventFields } from '../event/event-fields.ts';
import { printableLine } from '../event/printable.ts';
import { eventLevel, renderEvent } from '../event/render-event.ts';
import { saidEvent } from '../event/said-event.ts';
import type { FeedRecord } from '../feed/event-ring.ts';
import { type Address, parseAddress } from '../net/address.ts';
import type { Instant } from '../net/time.ts';
import type { Said } from '../say/said.ts';
import { list, optional, record, word } from './reader.ts';
import { SAID } from './said-reader.ts';
import { ADDRESS, COUNT, FLAG, MOMENT, NUMBER, TEXT, YES } from './value-readers.ts';

/**
 * An event. `event`: its kind, as in the log's JSON. `text`: the whole event except its time. `cursor`: to continue
 * after it. `by`: the operator who caused it.
 */
export type FeedEvent = {
  readonly cursor: string;
  readonly at: Instant;
  readonly event: string;
  readonly level: 'error' | 'warning' | 'notice';
  readonly text: string;
  /** The event by its kind, without source, door and user. Absent if it has only its text. */
  readonly said?: Said;
  readonly source?: Address;
  readonly door?: string;
  readonly ports?: string;
  readonly stage?: number;
  readonly stages?: number;
  readonly seconds?: number;
  readonly until?: Instant;
  readonly reason?: string;
  readonly user?: string;
  readonly by?: string;
  readonly who?: string;
  readonly order?: string;
  readonly count?: number;
};

/** Sent once a second: a sign of life, with counters that are cheap to read. `packets`: since the start. */
export type Pulse = {
  readonly now: Instant;
  readonly packets: { readonly passed: number; readonly dropped: number };
  readonly attempts: number;
  readonly leases: number;
};

/**
 * A line of the answer to `follow`. `lost`: number of earlier events that were dropped. `restarted`: the cursor is from
 * an earlier run; events since then are unknown.
 */
export type FollowPart = {
  readonly cursor: string;
  readonly events: readonly FeedEvent[];
  readonly lost?: number;
  readonly restarted?: true;
  /** More follows at once. */
  readonly more: boolean;
  readonly pulse?: Pulse;
};

const FEED_EVENT = record<FeedEvent>({
  cursor: TEXT,
  at: MOMENT,
  event: TEXT,
  level: word('error', 'warning', 'notice'),
  text: TEXT,
  said: optional(SAID),
  source: optional(ADDRESS),
  door: optional(TEXT),
  ports: optional(TEXT),
  stage: optional(NUMBER),
  stages: optional(NUMBER),
  seconds: optional(NUMBER),
  until: optional(MOMENT),
  reason: optional(TEXT),
  user: optional(TEXT),
  by: optional(TEXT),
  who: optional(TEXT),
  order: optional(TEXT),
  count: optional(NUMBER),
});

export const FOLLOW_PART = record<FollowPart>({
  cursor: TEXT,
  events: list(FEED_EVENT),
  lost: optional(COUNT),
  restarted: optional(YES),
  more: FLAG,
  pulse: optional(
    record<Pulse>({
      now: MOMENT,
      packets: record<Pulse['packets']>({ passed: NUMBER, dropped: NUMBER }),
      attempts: NUMBER,
      leases: NUMBER,
    }),
  ),
});

/** Event fields that a follower receives. */
const TOLD = [
  'door',
  'ports',
  'stage',
  'seconds',
  'until',
  'reason',
  'user',
  'by',
  'who',
  'order',
  'count',
] as const;

export function feedEvent({ event, stages, number, at }: FeedRecord, run: string): FeedEvent {
  const silent = isLogged(event) ? undefined : SILENT_WORDS[event.kind];
  const fields: Readonly<Record<string, unknown>> = isLogged(event) ? eventFields(event) : { ...event };
  const level = isLogged(event) ? eventLevel(event) : 'notice';
  const source = typeof fields.source === 'string' ? parseAddress(fields.source) : undefined;
  const told = Object.fromEntries(
    TOLD.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
  );
  const said = saidEvent(event);
  const place = source === undefined ? '' : `${source}: `;
  const door = typeof fields.door === 'string' ? `${fields.door}: ` : '';
  return {
    cursor: renderCursor(run, number),
    at,
    event: event.kind,
    // Debug events interest followers, but are not warnings.
    level: level === 'debug' ? 'notice' : level,
    text: isLogged(event) ? renderEvent(event) : printableLine(`${place}${door}${silent}`),
    ...(said === undefined ? {} : { said }),
    ...(source === undefined ? {} : { source }),
    ...told,
    ...(stages === undefined ? {} : { stages }),
  };
}

const SILENT_WORDS: Readonly<Partial<Record<EventKind, string>>> = {
  started: 'the daemon has started',
  ending: 'the daemon is ending',
  'lease-opened': 'the door is open',
  'lease-closed': 'the door is closed again',
};

export const renderCursor = (run: string, number: number): string => `${run}-${number}`;

/** `undefined`: it is not a cursor. */
export function parseCursor(text: string): { readonly run: string; readonly number: number } | undefined {
  const [, run, digits] = /^([0-9a-f]{8})-([0-9]{1,15})$/.exec(text) ?? [];
  return run === undefined ? undefined : { run, number: Number(digits) };
}
