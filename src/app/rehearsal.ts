import type { AttemptEngine } from '../core/attempt/attempt-engine.ts';
import { OFFER } from '../core/attempt/attempt-engine.ts';
import type { Completion } from '../core/attempt/completion.ts';
import { STEP, Steps } from '../core/attempt/steps.ts';
import type { Door } from '../core/door/door.ts';
import { renderCommands } from '../core/door/opening.ts';
import type { Event } from '../core/event/event.ts';
import { renderEvent } from '../core/event/render-event.ts';
import type { LeaseId } from '../core/lease/lease.ts';
import { LeaseBook } from '../core/lease/lease-book.ts';
import { PROTOCOL_NUMBER } from '../core/net/protocol.ts';
import { after, type Instant, instant, since } from '../core/net/time.ts';
import type { CapturedPacket } from '../core/packet/capture-record.ts';
import { Packet } from '../core/packet/packet.ts';
import { readLink } from '../core/packet/read-link.ts';
import { READING, readPacket } from '../core/packet/read-packet.ts';
import { MAX_LEASES } from './daemon/door-keeper.ts';

const EXPIRY_BATCH = 4096;

const NEVER = instant(Number.POSITIVE_INFINITY);

/** By so much an attempt is late: little, but more than the rounding of a double at today's times. */
const LATE_MS = 0.001;

/** The daemon's day with the file's clock in the place of time, and lines in the place of commands. */
export class Rehearsal {
  readonly #engine: AttemptEngine;
  readonly #ipv6: boolean;
  readonly #advance: (used: Door) => readonly Door[];
  readonly #print: (line: string) => void;
  readonly #book = new LeaseBook(MAX_LEASES);
  readonly #packet = new Packet();
  readonly #steps = new Steps();
  #packets = 0;
  #knocks = 0;
  #now: Instant = instant(0);
  #leases = 0;

  /** `advance`: the doors after a one-time sequence of one of them has been used up. */
  constructor(
    engine: AttemptEngine,
    ipv6: boolean,
    advance: (used: Door) => readonly Door[],
    print: (line: string) => void,
  ) {
    this.#engine = engine;
    this.#ipv6 = ipv6;
    this.#advance = advance;
    this.#print = print;
  }

  take({ time, nanoseconds, linkType, bytes }: CapturedPacket): void {
    this.#packets++;
    this.#passTime(time);
    const start = readLink(linkType, bytes);
    const packet = this.#packet;
    if (start < 0 || readPacket(bytes, start, bytes.length, packet) !== READING.packet) return;
    if (packet.family === 6 && !this.#ipv6) return;
    if (packet.protocol === PROTOCOL_NUMBER.udp) packet.identity = nanoseconds;
    if (this.#engine.offer(packet, true, time, this.#steps) !== OFFER.knock) return;
    this.#knocks++;
    this.#reportSteps();
    for (const completion of this.#steps.completions) this.#complete(completion);
  }

  /** What would still happen after the file's last packet. */
  finish(): void {
    this.#passTime(instant(Number.POSITIVE_INFINITY));
    this.#print(`${this.#packets} packets, ${this.#knocks} of them knocks, ${this.#leases} openings`);
  }

  /** All that happens before `time`, in its order. */
  #passTime(time: Instant): void {
    for (;;) {
      const due = this.#book.nextDue() ?? NEVER;
      const expiry = this.#engine.nextExpiry() ?? NEVER;
      if (Math.min(due, expiry) >= time) break;
      if (due <= expiry) this.#closeDue(due);
      else this.#expire(expiry);
    }
    if (Number.isFinite(time)) this.#now = time;
  }

  #expire(expiry: Instant): void {
    this.#now = expiry;
    // An attempt is late a moment after its last one.
    let more = true;
    while (more) {
      more = this.#engine.expire(justAfter(expiry), EXPIRY_BATCH, this.#steps);
      this.#reportSteps();
    }
  }

  #closeDue(due: Instant): void {
    this.#now = due;
    for (const lease of this.#book.takeDue(due)) {
      this.#report({ kind: 'command-timeout', source: lease.source, door: lease.door });
      this.#say(`${lease.door}: would run: ${lease.stop}`);
      this.#book.closed(lease.id);
    }
  }

  #complete(completion: Completion): void {
    const { door, source, at } = completion;
    if (door.sequenceSource.kind === 'one-time') this.#engine.replaceDoors(this.#advance(door));
    const { start, stop } = renderCommands(door.opening, source);
    if (start === undefined) return;
    const due = after(at, door.opening.cmdTimeout);
    if (stop !== undefined) {
      const decision = this.#book.complete(completion, at);
      if (decision.kind === 'full') {
        this.#report({
          kind: 'refused',
          source,
          door: door.name,
          reason: 'it has as many leases as it may have',
        });
        return;
      }
      if (decision.kind === 'extended') {
        const seconds = Math.ceil(since(at, decision.lease.due) / 1000);
        this.#report({ kind: 'extended', source, door: door.name, seconds });
        return;
      }
      const id = `${this.#leases}` as LeaseId;
      this.#book.add({ id, door: door.name, source, stop, state: 'open', since: at, due });
    }
    this.#leases++;
    this.#say(`${door.name}: would run: ${start}`);
  }

  #reportSteps(): void {
    const steps = this.#steps;
    for (let i = 0; i < steps.count; i++) {
      const door = this.#engine.doors[steps.door(i)]?.name ?? '';
      const source = steps.source(i);
      const stage = steps.stage(i);
      const kind = steps.kind(i);
      if (kind === STEP.completed) this.#report({ kind: 'completed', source, door });
      else if (kind === STEP.advanced) this.#report({ kind: 'stage', source, door, stage });
      else if (kind === STEP.failed) this.#report({ kind: 'failed', source, door, stage });
      else this.#report({ kind: kind === STEP.expired ? 'expired' : 'evicted', source, door, stage });
    }
  }

  #report(event: Event): void {
    this.#say(renderEvent(event));
  }

  #say(text: string): void {
    this.#print(`[${stamp(this.#now)}] ${text}`);
  }
}

/** A file may hold times so far away that a double has no millisecond there, let alone a part of one. */
function justAfter(time: Instant): number {
  return time + Math.max(LATE_MS, Math.abs(time) * 2 * Number.EPSILON);
}

/** A file may hold times that are no dates. */
function stamp(time: Instant): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${Math.floor(time / 1000)} s after 1970` : date.toISOString();
}
