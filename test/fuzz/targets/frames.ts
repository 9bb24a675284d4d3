import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AttemptEngine } from '../../../src/core/attempt/attempt-engine.ts';
import { Steps } from '../../../src/core/attempt/steps.ts';
import { parseAddress } from '../../../src/core/net/address.ts';
import { Packet } from '../../../src/core/packet/packet.ts';
import { LINK_TYPE, readLink } from '../../../src/core/packet/read-link.ts';
import { READING, readPacket } from '../../../src/core/packet/read-packet.ts';
import { door } from '../../unit/attempt/knocks.ts';
import type { Target } from '../target.ts';

/** The first byte of an input says which of them it is a frame of; one more is none that is known. */
const LINK_TYPES: readonly number[] = [...Object.values(LINK_TYPE), 147];

const MAX_FRAME = 4096;
/** Bytes behind the frame that must not matter. */
const BEHIND = 64;
/** One frame in so many is read a second time, other bytes behind it. */
const TWICE_ONE_IN = 16;
const EXPIRE_ONE_IN = 4096;

const DOORS = [
  door('three', '7000,8000,9000'),
  door('two', '7000,8000:udp', { timeout: 60_000 }),
  door('syn', '7000,7000,9000', { flags: { mask: 0x12, value: 0x02 } }),
];

/** A step of each door that has the port, twice where an attempt ends and begins again. */
const MAX_STEPS = DOORS.length * 3;

const NO_BYTES = new Uint8Array(0);

/** From a frame's first byte to the engine: what a stranger's packet goes through. */
class FrameTaker {
  readonly #engine = new AttemptEngine(DOORS, [0x0123_4567, 0x89ab_cdef], {
    attempts: 4096,
    recentPackets: 4096,
  });
  readonly #packet = new Packet();
  readonly #again = new Packet();
  readonly #steps = new Steps();
  /** One view for each length, made when it is first wanted. */
  readonly #views: Uint8Array[] = [];
  readonly #scratch = new Uint8Array(1 + MAX_FRAME + BEHIND);
  #taken = 0;

  take(bytes: Uint8Array, length: number): void {
    const frame = this.#viewOf(bytes, length);
    const linkType = LINK_TYPES[(this.#scratch[0] as number) % LINK_TYPES.length] as number;
    const offset = readLink(linkType, frame);
    if (offset < -1 || offset >= frame.length || offset !== Math.trunc(offset)) fail('readLink', offset);
    // What the kernel's own cooked socket delivers begins with the IP header.
    this.#read(frame, Math.max(0, offset));
    if (++this.#taken % EXPIRE_ONE_IN === 0) this.#expire();
  }

  #viewOf(bytes: Uint8Array, length: number): Uint8Array {
    for (let i = 0; i < length; i++) this.#scratch[i] = bytes[i] as number;
    const frameLength = Math.max(0, length - 1);
    this.#views[frameLength] ??= this.#scratch.subarray(1, 1 + frameLength);
    return this.#views[frameLength] ?? NO_BYTES;
  }

  #read(frame: Uint8Array, start: number): void {
    const packet = this.#packet;
    const reading = readPacket(frame, start, frame.length, packet);
    if (reading < READING.packet || reading > READING.extensionHeaders) fail('readPacket', reading);
    if (this.#taken % TWICE_ONE_IN === 0) this.#readTwice(frame, start, reading);
    if (reading !== READING.packet) return;
    judge(packet);
    if (packet.protocol === 17) packet.identity = this.#taken >>> 0;
    const now = 1_700_000_000_000 + this.#taken;
    this.#engine.offer(packet, (this.#taken & 1) === 0, now, this.#steps);
    this.#judgeSteps();
  }

  /** Bytes outside of the frame are another's. */
  #readTwice(frame: Uint8Array, start: number, reading: number): void {
    const end = 1 + frame.length;
    for (let i = end; i < end + BEHIND; i++) this.#scratch[i] = (this.#scratch[i] as number) ^ 0x5a;
    const again = readPacket(this.#scratch, 1 + start, end, this.#again);
    if (again !== reading) fail('the second reading', again);
    if (reading !== READING.packet) return;
    const [a, b] = [this.#packet, this.#again];
    const same =
      a.family === b.family &&
      a.protocol === b.protocol &&
      a.sourcePort === b.sourcePort &&
      a.destinationPort === b.destinationPort &&
      a.flags === b.flags &&
      a.identity === b.identity &&
      a.source3 === b.source3 &&
      a.destination3 === b.destination3;
    if (!same) assert.deepEqual({ ...b }, { ...a });
  }

  #judgeSteps(): void {
    const steps = this.#steps;
    if (steps.count > MAX_STEPS) fail('steps', steps.count);
    for (let i = 0; i < steps.count; i++) {
      const length = DOORS[steps.door(i)]?.sequence.length ?? 0;
      if (steps.stage(i) < 1 || steps.stage(i) > length) fail('stage', steps.stage(i));
    }
    for (const { source } of steps.completions) assert.equal(parseAddress(source), source);
  }

  #expire(): void {
    this.#engine.expire(1_700_000_000_000 + this.#taken, 64, this.#steps);
    if (this.#engine.pending > 4096) fail('attempts', this.#engine.pending);
  }
}

function judge(packet: Packet): void {
  const { sourcePort, destinationPort, flags, identity, protocol, family } = packet;
  if (!isWithin(sourcePort, 0xffff) || !isWithin(destinationPort, 0xffff)) fail('port', destinationPort);
  if (!isWithin(flags, 0x3f)) fail('flags', flags);
  if (!isWithin(identity, 0xffff_ffff)) fail('identity', identity);
  if (protocol !== 6 && protocol !== 17) fail('protocol', protocol);
  if (family !== 4 && family !== 6) fail('family', family);
  if (!isWithin(packet.source0, 0xffff_ffff) || !isWithin(packet.source3, 0xffff_ffff))
    fail('source', packet.source3);
  if (!isWithin(packet.destination0, 0xffff_ffff) || !isWithin(packet.destination3, 0xffff_ffff)) {
    fail('destination', packet.destination3);
  }
}

/** NaN, which is what a byte beyond the end makes of a number, is within nothing. */
const isWithin = (value: number, most: number): boolean => value >= 0 && value <= most;

function fail(what: string, value: number): never {
  throw new assert.AssertionError({ message: `${what}: ${value}` });
}

export function framesTarget(): Target {
  const taker = new FrameTaker();
  const corpus = readFrames();
  return {
    name: 'frames',
    share: 0,
    material: { corpus, tokens: TOKENS, maxBytes: 1 + MAX_FRAME },
    take: (bytes, length) => taker.take(bytes, length),
    allocates: false,
    close: () => undefined,
  };
}

/** Headers and fields that a reader tells apart, and the doors' ports. */
const TOKENS = [
  '0800',
  '86dd',
  '8100000100',
  '88a80064',
  '4500002800014000',
  '4f00',
  '60000000',
  '2c00000100000001',
  '3c00010400000000',
  '3300',
  '1b58',
  '1f40',
  '2328',
  '5002faf0',
  '00080000',
].map((digits) => Uint8Array.from(Buffer.from(digits, 'hex')));

/** Lines `link-type hexadecimal digits`, `#` and what it is behind them. */
function readFrames(): readonly Uint8Array[] {
  const file = path.join(import.meta.dirname, '../corpus/frames.txt');
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [name = '', ...digits] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (name === '') return [];
    const link = Object.keys(LINK_TYPE).indexOf(name);
    assert.ok(link >= 0, `${name} is no link type`);
    return [Uint8Array.from([link, ...Buffer.from(digits.join(''), 'hex')])];
  });
}
