import { parseBase64Url, renderBase64Url } from '../bytes/base64.ts';
import { MAX_RECORD_BYTES } from '../fleet/fleet-record.ts';
import type { Millis } from '../net/time.ts';
import { either, type Fields, list, optional, type Reader, record, WrongValue, word } from './reader.ts';
import { COUNT, FLAG, NUMBER, SPAN, TEXT } from './value-readers.ts';

/**
 * The link between the daemon and the carrier, `bussa fleet`. The carrier moves opaque bytes to and from the engine;
 * the daemon signs and verifies them, and does not know the engine. These verbs are only available on the socket
 * `fleet` in the daemon's directory, which has no others: the carrier cannot control the daemon.
 */

/** The same limit applies to questions and answers. */
export { MAX_RECORD_BYTES };

/** BOUNDED: records in one `fleet-deliver`. */
export const MAX_DELIVERED = 256;

/** BOUNDED: bytes of a request's line at the socket `fleet`: `MAX_DELIVERED` records in base64url, with room for their ids. */
export const MAX_FLEET_LINE = 512 * 1024;

/** What a carrier is told when another one has taken its place. */
export const REPLACED = 'another `bussa fleet` has connected to this daemon';

/** `1716200000000-3`: milliseconds by the engine's clock, and a number. */
export type StreamId = string & { readonly brand: 'StreamId' };

/** The first line of `fleet-follow`, and another one when the configuration has changed. */
export type FleetBegin = {
  readonly kind: 'begin';
  /** Keys in the engine are `{bussa:FLEET}:…`. */
  readonly fleet: string;
  /** This host's name in the fleet. */
  readonly member: string;
  /** The engine's address, as configured. */
  readonly engine: string;
  /**
   * The stream is read after this id; everything up to it has been applied. Absent: from `window` ago by the engine's
   * clock.
   */
  readonly after?: StreamId;
  /** The longest time that a lease from the fleet may last here: older records are useless, and are trimmed. */
  readonly window: Millis;
};

/** What the daemon sends to the carrier. */
export type FleetPart =
  | FleetBegin
  /**
   * For the stream, in the order of their numbers. `fleet-published` confirms it; unconfirmed changes are repeated in a
   * new record.
   */
  | { readonly kind: 'record'; readonly seq: number; readonly bytes: Uint8Array }
  /** A field of the hash of bans: its signed record, or its removal. Confirmed by `fleet-published` without an id. */
  | { readonly kind: 'ban'; readonly seq: number; readonly field: string; readonly bytes?: Uint8Array }
  /** Set this key for this time if it does not exist. `fleet-claimed` has the result. `key`: hexadecimal digits. */
  | { readonly kind: 'claim'; readonly id: number; readonly key: string; readonly lifetime: Millis }
  /** For all other members, by pub/sub: who can complete this knock? `fleet-answered` passes on each answer. */
  | { readonly kind: 'ask'; readonly id: number; readonly bytes: Uint8Array }
  /** For the member that asked. `to`: from `fleet-asked`. */
  | { readonly kind: 'answer'; readonly to: string; readonly bytes: Uint8Array };

/** As stored in the engine. From the stream with `id` and `age`; from the hash of bans without them. */
export type FleetDelivery = {
  readonly id?: StreamId;
  /** Its age by the engine's clock alone: its TIME minus the milliseconds of the id. */
  readonly age?: Millis;
  readonly bytes: Uint8Array;
};

/** `taken`: it was claimed before. `unreachable`: the engine does not answer in time. */
export const CLAIM_OUTCOMES = ['granted', 'taken', 'unreachable'] as const;
export type ClaimOutcome = (typeof CLAIM_OUTCOMES)[number];

/** The carrier's view of the engine. */
export type CarrierState = {
  readonly connected: boolean;
  /** Why it is not connected, in words. */
  readonly why?: string;
  /** The engine's clock minus this host's, in milliseconds. */
  readonly offset?: number;
  /** Permissions that the engine grants this member beyond its needs, in words. */
  readonly wide?: readonly string[];
};

/** The fields of each request from the carrier. */
export type FleetRequests = {
  readonly 'fleet-follow': Readonly<Record<never, never>>;
  /** From the stream, in order. `upTo`: the last id read, if the entries up to it contain nothing to deliver. */
  readonly 'fleet-deliver': { readonly records: readonly FleetDelivery[]; readonly upTo?: StreamId };
  /** The engine has it. `id`: of a record in the stream. */
  readonly 'fleet-published': { readonly seq: number; readonly id?: StreamId };
  readonly 'fleet-claimed': { readonly id: number; readonly outcome: ClaimOutcome };
  readonly 'fleet-state': CarrierState;
  /** A question of another member. `to`: for the answer. */
  readonly 'fleet-asked': { readonly to: string; readonly bytes: Uint8Array };
  /** An answer to the question `id`. */
  readonly 'fleet-answered': { readonly id: number; readonly bytes: Uint8Array };
};

export type FleetVerb = keyof FleetRequests;

export const isFleetVerb = (verb: unknown): verb is FleetVerb =>
  typeof verb === 'string' && Object.hasOwn(FLEET_REQUESTS, verb);

export type FleetAnswers = {
  /** Numbers of applied and of refused records. */
  readonly 'fleet-deliver': { readonly applied: number; readonly refused: number };
  readonly 'fleet-published': Readonly<Record<never, never>>;
  readonly 'fleet-claimed': Readonly<Record<never, never>>;
  readonly 'fleet-state': Readonly<Record<never, never>>;
  readonly 'fleet-asked': Readonly<Record<never, never>>;
  readonly 'fleet-answered': Readonly<Record<never, never>>;
};

const writeBytes = (value: object): object =>
  'bytes' in value && value.bytes instanceof Uint8Array
    ? { ...value, bytes: renderBase64Url(value.bytes) }
    : value;

const BYTES_ARE = `at most ${MAX_RECORD_BYTES} bytes in base64url`;

/** JSON holds bytes as text. */
const BYTES: Reader<Uint8Array> = {
  is: BYTES_ARE,
  read: (value) => {
    const bytes = typeof value === 'string' ? parseBase64Url(value) : undefined;
    return bytes === undefined || bytes.length > MAX_RECORD_BYTES ? new WrongValue(BYTES_ARE) : bytes;
  },
  write: renderBase64Url,
};

/** BOUNDED: it gets into the log and the status. The rest of a longer text is left out. */
const MAX_TEXT = 512;

const SHORT_TEXT: Reader<string> = {
  is: TEXT.is,
  read: (value) => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : TEXT.read(value)),
};

const STREAM_ID_IS = 'the id of an entry in a stream';

const STREAM_ID: Reader<StreamId> = {
  is: STREAM_ID_IS,
  read: (value) => parseStreamId(value) ?? new WrongValue(STREAM_ID_IS),
};

/** The largest number in an id, 64 bits. An engine refuses to read on from a larger one. */
const MAX_ID_PART = '18446744073709551615';

export function parseStreamId(value: unknown): StreamId | undefined {
  if (typeof value !== 'string' || !/^[0-9]{1,20}-[0-9]{1,20}$/.test(value)) return undefined;
  const isSmall = (part: string): boolean => part.length < MAX_ID_PART.length || part <= MAX_ID_PART;
  return value.split('-').every(isSmall) ? (value as StreamId) : undefined;
}

const kind = <const K extends FleetPart['kind']>(one: K): Reader<K> => word(one);

const BEGIN = record<FleetBegin>({
  kind: kind('begin'),
  fleet: TEXT,
  member: TEXT,
  engine: TEXT,
  after: optional(STREAM_ID),
  window: SPAN,
});

type PartOf<K extends FleetPart['kind']> = Extract<FleetPart, { readonly kind: K }>;

const RECORD = record<PartOf<'record'>>({ kind: kind('record'), seq: COUNT, bytes: BYTES });
const BAN = record<PartOf<'ban'>>({ kind: kind('ban'), seq: COUNT, field: TEXT, bytes: optional(BYTES) });
const CLAIM = record<PartOf<'claim'>>({ kind: kind('claim'), id: COUNT, key: TEXT, lifetime: SPAN });
const ASK = record<PartOf<'ask'>>({ kind: kind('ask'), id: COUNT, bytes: BYTES });
const ANSWER = record<PartOf<'answer'>>({ kind: kind('answer'), to: TEXT, bytes: BYTES });

export const FLEET_PART: Reader<FleetPart> = {
  ...either(either(BEGIN, either(RECORD, BAN)), either(CLAIM, either(ASK, ANSWER))),
  write: writeBytes,
};

const DELIVERY = record<FleetDelivery>({ id: optional(STREAM_ID), age: optional(SPAN), bytes: BYTES });

const DELIVERIES_ARE = `at most ${MAX_DELIVERED} records`;
const DELIVERIES: Reader<readonly FleetDelivery[]> = {
  is: DELIVERIES_ARE,
  read: (value) =>
    Array.isArray(value) && value.length > MAX_DELIVERED
      ? new WrongValue(DELIVERIES_ARE)
      : list(DELIVERY).read(value),
  write: (records) => records.map(writeBytes),
};

export const FLEET_REQUESTS: { readonly [V in keyof FleetRequests]: Fields<FleetRequests[V]> } = {
  'fleet-follow': {},
  'fleet-deliver': { records: DELIVERIES, upTo: optional(STREAM_ID) },
  'fleet-published': { seq: COUNT, id: optional(STREAM_ID) },
  'fleet-claimed': { id: COUNT, outcome: word(...CLAIM_OUTCOMES) },
  'fleet-state': {
    connected: FLAG,
    why: optional(SHORT_TEXT),
    offset: optional(NUMBER),
    wide: optional(list(SHORT_TEXT)),
  },
  'fleet-asked': { to: TEXT, bytes: BYTES },
  'fleet-answered': { id: COUNT, bytes: BYTES },
};

const DONE = record<Readonly<Record<never, never>>>({});

export const FLEET_ANSWERS: { readonly [V in keyof FleetAnswers]: Reader<FleetAnswers[V]> } = {
  'fleet-deliver': record<FleetAnswers['fleet-deliver']>({ applied: NUMBER, refused: NUMBER }),
  'fleet-published': DONE,
  'fleet-claimed': DONE,
  'fleet-state': DONE,
  'fleet-asked': DONE,
  'fleet-answered': DONE,
};
