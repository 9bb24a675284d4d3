import type { AttemptEngine } from '../../core/attempt/attempt-engine.ts';
import type { Completion } from '../../core/attempt/completion.ts';
import { OFFER, WATCHED } from '../../core/attempt/offer.ts';
import { STEP, Steps } from '../../core/attempt/steps.ts';
import { compileAdmission } from '../../core/door/admission.ts';
import type { Door } from '../../core/door/door.ts';
import type { LogEvent } from '../../core/event/event.ts';
import { PROTOCOL_NUMBER } from '../../core/net/protocol.ts';
import { type Instant, instant } from '../../core/net/time.ts';
import { isPossibleSource } from '../../core/origin/possible-source.ts';
import type { CapturedPacket } from '../../core/packet/capture-record.ts';
import { Packet } from '../../core/packet/packet.ts';
import { readLink } from '../../core/packet/read-link.ts';
import { READING, readPacket } from '../../core/packet/read-packet.ts';
import type { CodeRehearsal } from './code-rehearsal.ts';
import { LeaseRehearsal } from './lease-rehearsal.ts';
import type { Outcome, RehearsalSink } from './rehearsal-sink.ts';

const EXPIRY_BATCH = 4096;

const NEVER = instant(Number.POSITIVE_INFINITY);

/** How much later than its limit an attempt is late: more than the rounding of a double at present times. */
const LATE_MS = 0.001;

/** Runs the daemon's decisions with the file's clock in place of real time, and log text in place of commands. */
export class Rehearsal {
  readonly #engine: AttemptEngine;
  readonly #ipv6: boolean;
  readonly #advance: (used: Door) => readonly Door[];
  readonly #sink: RehearsalSink;
  readonly #codes: CodeRehearsal | undefined;
  readonly #leases = new LeaseRehearsal((outcome) => this.#emit(outcome));
  readonly #packet = new Packet();
  readonly #steps = new Steps();
  #packets = 0;
  #knocks = 0;
  #now: Instant = instant(0);

  /** `advance`: the doors after one of them has used up a one-time sequence. `codes`: absent if no door accepts any. */
  constructor(
    engine: AttemptEngine,
    ipv6: boolean,
    advance: (used: Door) => readonly Door[],
    sink: RehearsalSink,
    codes?: CodeRehearsal,
  ) {
    this.#codes = codes;
    this.#engine = engine;
    this.#ipv6 = ipv6;
    this.#advance = advance;
    this.#sink = sink;
  }

  offer({ time, nanoseconds, linkType, bytes }: CapturedPacket): void {
    this.#packets++;
    this.#passTime(time);
    const start = readLink(linkType, bytes);
    const packet = this.#packet;
    if (start < 0 || readPacket(bytes, start, bytes.length, packet) !== READING.packet) return;
    if (packet.family === 6 && !this.#ipv6) return;
    if (packet.protocol === PROTOCOL_NUMBER.udp) packet.identity = nanoseconds;
    this.#offer(packet, time);
  }

  /** A simulated packet. */
  knock(packet: Packet, time: Instant): void {
    this.#packets++;
    this.#passTime(time);
    this.#offer(packet, time);
  }

  /** What would still happen after the file's last packet. */
  finish(): void {
    this.#passTime(instant(Number.POSITIVE_INFINITY));
    this.#sink.finish?.({ packets: this.#packets, knocks: this.#knocks, openings: this.#leases.openings });
  }

  #offer(packet: Packet, time: Instant): void {
    const { family, source0, source1, source2, source3 } = packet;
    // The receiving interface is not known: it may be loopback.
    if (!isPossibleSource(family, source0, source1, source2, source3, true)) return;
    const { packet: onPacket } = this.#sink;
    const watched = onPacket === undefined ? WATCHED.nothing : this.#engine.watches(packet);
    const offer = this.#engine.offer(packet, true, time, this.#steps);
    const code = this.#codes?.offer(packet, time);
    onPacket?.(packet, offer, watched, time, code);
    if (code !== undefined || offer === OFFER.knock) this.#knocks++;
    if (code === 'code') this.#judgeCodes(packet, time);
    if (offer !== OFFER.knock) return;
    this.#reportSteps();
    for (const completion of this.#steps.completions) this.#complete(completion);
  }

  #judgeCodes(packet: Packet, time: Instant): void {
    for (const { event, completion } of this.#codes?.judge(packet, time) ?? []) {
      this.#report(event);
      if (completion !== undefined) this.#complete(completion);
    }
  }

  /** Everything that happens before `time`, in order. */
  #passTime(time: Instant): void {
    for (;;) {
      const due = this.#leases.nextDue() ?? NEVER;
      const expiry = this.#engine.nextExpiry() ?? NEVER;
      if (Math.min(due, expiry) >= time) break;
      if (due <= expiry) this.#closeDue(due);
      else this.#expire(expiry);
    }
    if (Number.isFinite(time)) this.#now = time;
  }

  #expire(expiry: Instant): void {
    this.#now = expiry;
    // An attempt is late just after its last moment.
    let more = true;
    while (more) {
      more = this.#engine.expire(justAfter(expiry), EXPIRY_BATCH, this.#steps);
      this.#reportSteps();
    }
  }

  #closeDue(due: Instant): void {
    this.#now = due;
    this.#leases.pass(due);
  }

  #complete(completion: Completion): void {
    const { door, source } = completion;
    if (!compileAdmission(door)(source)) {
      this.#refuse(completion, 'the door does not allow this address');
      return;
    }
    if (completion.proof === undefined && completion.door.sequenceSource.kind === 'one-time')
      this.#engine.replaceDoors(this.#advance(completion.door));
    this.#leases.complete(completion);
  }

  #refuse({ source, door }: Completion, reason: string): void {
    this.#report({ kind: 'refused', source, door: door.name, reason });
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
      else if (kind === STEP.withheld) this.#report({ kind: 'withheld', source, door, stage });
      else this.#report({ kind: kind === STEP.expired ? 'expired' : 'evicted', source, door, stage });
    }
  }

  #report(event: LogEvent): void {
    this.#emit({ kind: 'event', event });
  }

  #emit(outcome: Outcome): void {
    this.#sink.outcome(outcome, this.#now);
  }
}

/** A file may hold times so distant that a double cannot represent milliseconds there. */
function justAfter(time: Instant): number {
  return time + Math.max(LATE_MS, Math.abs(time) * 2 * Number.EPSILON);
}
