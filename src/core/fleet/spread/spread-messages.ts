import { asciiBytes, concatBytes } from '../../bytes/concat-bytes.ts';
import type { Address } from '../../net/address.ts';
import { ByteReader } from '../byte-reader.ts';
import { ByteWriter } from '../byte-writer.ts';
import { isFleetName } from '../fleet-name.ts';
import { MAX_DOOR_BYTES, MAX_RECORD_BYTES, SIGNATURE_BYTES } from '../fleet-record.ts';
import {
  MAX_HITS,
  MAX_SPREAD_STEPS,
  type SpreadHit,
  type SpreadObservation,
  type SpreadTouch,
  WRONG_STEP,
} from './spread-hit.ts';

/** Who else has seen knocks of this source at this door? */
export type SpreadQuestion = {
  readonly fleet: string;
  readonly member: string;
  /** Drawn for this question, so that an answer to another question does not count. 32 hexadecimal digits. */
  readonly nonce: string;
  readonly door: string;
  readonly source: Address;
  /** A keyed hash of the door's sequence on the asking host. 16 hexadecimal digits. */
  readonly knocks: string;
};

export type SpreadAnswer = {
  readonly fleet: string;
  readonly member: string;
  /** The nonce of the question. */
  readonly nonce: string;
  /** `undefined`: this host has no such door, or one with another sequence. */
  readonly observed: SpreadObservation | undefined;
};

/** `rendered`: the bytes without the signature, which has not been checked yet. */
export type Unverified<T> = {
  readonly message: T;
  readonly rendered: Uint8Array;
  readonly signature: Uint8Array;
};

/** Precedes the signed bytes, so that the signature is valid for nothing else. */
export const SIGNED_AS = {
  question: 'bussa fleet question 1\0',
  answer: 'bussa fleet answer 1\0',
} as const;

/** The bytes that are signed. */
export const spreadBytes = (kind: keyof typeof SIGNED_AS, rendered: Uint8Array): Uint8Array =>
  concatBytes(asciiBytes(SIGNED_AS[kind]), rendered);

/** Layout numbers. */
const QUESTION = 1;
const ANSWER = 2;

const WIDTH = { nonce: 16, knocks: 8, age: 4, mark: 2 } as const;

/** On the wire, ages are in 1/128 ms, up to nine hours. */
const AGE_UNIT = 128;
const MAX_AGE = 256 ** WIDTH.age - 1;

/** On the wire: a knock at a port of another door. */
const WRONG_BYTE = { tcp: 255, udp: 254 } as const;
const NO_COPY = 255;

/** On the wire: no such door; no decoy port touched; a decoy port touched. */
const ACCOUNT = { none: 0, plain: 1, touched: 2 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The canonical bytes, which are signed. */
export function renderQuestion({ fleet, member, nonce, door, source, knocks }: SpreadQuestion): Uint8Array {
  const writer = head(QUESTION, fleet, member, nonce);
  writer.text(encoder.encode(door));
  writer.address(source);
  writer.hex(knocks);
  return writer.finish();
}

export function renderAnswer({ fleet, member, nonce, observed }: SpreadAnswer): Uint8Array {
  const writer = head(ANSWER, fleet, member, nonce);
  if (observed === undefined) {
    writer.number(ACCOUNT.none, 1);
    return writer.finish();
  }
  const { hits, touch } = observed;
  writer.number(touch === undefined ? ACCOUNT.plain : ACCOUNT.touched, 1);
  if (touch !== undefined) {
    writer.number(ageOf(touch), WIDTH.age);
    writer.number(touch.mark, WIDTH.mark);
  }
  writer.number(hits.length, 1);
  for (const hit of hits) {
    writer.number(stepByte(hit.step), 1);
    writer.number(ageOf(hit), WIDTH.age);
    writer.number(hit.copyOf ?? NO_COPY, 1);
  }
  return writer.finish();
}

/** `undefined` for anything but the bytes of a question followed by a signature. Never throws. */
export function parseQuestion(bytes: Uint8Array): Unverified<SpreadQuestion> | undefined {
  return parse(bytes, QUESTION, (reader, from) => {
    const name = reader.text();
    const source = reader.address();
    const knocks = reader.hex(WIDTH.knocks);
    if (name.length === 0 || name.length > MAX_DOOR_BYTES || source === undefined) return undefined;
    const door = decode(name);
    return door === undefined ? undefined : { ...from, door, source, knocks };
  });
}

export function parseAnswer(bytes: Uint8Array): Unverified<SpreadAnswer> | undefined {
  return parse(bytes, ANSWER, (reader, from) => {
    const kind = reader.number(1);
    if (kind === ACCOUNT.none) return { ...from, observed: undefined };
    if (kind !== ACCOUNT.plain && kind !== ACCOUNT.touched) return undefined;
    const touch: SpreadTouch | undefined =
      kind === ACCOUNT.plain
        ? undefined
        : { age: reader.number(WIDTH.age) / AGE_UNIT, mark: reader.number(WIDTH.mark) };
    const hits = readHits(reader);
    if (hits === undefined) return undefined;
    return { ...from, observed: { hits, ...(touch === undefined ? {} : { touch }) } };
  });
}

type From = { readonly fleet: string; readonly member: string; readonly nonce: string };

function head(layout: number, fleet: string, member: string, nonce: string): ByteWriter {
  const writer = new ByteWriter();
  writer.number(layout, 1);
  writer.text(asciiBytes(fleet));
  writer.text(asciiBytes(member));
  writer.hex(nonce);
  return writer;
}

function parse<T>(
  bytes: Uint8Array,
  layout: number,
  readBody: (reader: ByteReader, from: From) => T | undefined,
): Unverified<T> | undefined {
  if (bytes.length > MAX_RECORD_BYTES || bytes.length <= SIGNATURE_BYTES) return undefined;
  const rendered = bytes.subarray(0, bytes.length - SIGNATURE_BYTES);
  const reader = new ByteReader(rendered);
  if (reader.number(1) !== layout) return undefined;
  const fleet = decode(reader.text());
  const member = decode(reader.text());
  const nonce = reader.hex(WIDTH.nonce);
  if (fleet === undefined || member === undefined || !isFleetName(fleet) || !isFleetName(member))
    return undefined;
  const message = readBody(reader, { fleet, member, nonce });
  if (message === undefined || reader.failed || !reader.isAtEnd) return undefined;
  return { message, rendered, signature: bytes.subarray(rendered.length) };
}

function readHits(reader: ByteReader): SpreadHit[] | undefined {
  const count = reader.number(1);
  if (count > MAX_HITS) return undefined;
  const hits: SpreadHit[] = [];
  for (let index = 0; index < count; index++) {
    const step = stepOf(reader.number(1));
    const age = reader.number(WIDTH.age) / AGE_UNIT;
    const copyOf = reader.number(1);
    if (copyOf !== NO_COPY && copyOf >= index) return undefined;
    hits.push({ step, age, ...(copyOf === NO_COPY ? {} : { copyOf }) });
  }
  return hits;
}

const stepByte = (step: number): number =>
  step === WRONG_STEP.udp || step >= MAX_SPREAD_STEPS
    ? WRONG_BYTE.udp
    : step === WRONG_STEP.tcp
      ? WRONG_BYTE.tcp
      : step;

function stepOf(byte: number): number {
  if (byte === WRONG_BYTE.tcp) return WRONG_STEP.tcp;
  return byte === WRONG_BYTE.udp ? WRONG_STEP.udp : byte;
}

const ageOf = ({ age }: { readonly age: number }): number =>
  Math.min(MAX_AGE, Math.max(0, Math.round(age * AGE_UNIT)));

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
