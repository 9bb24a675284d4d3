import { AttemptEngine, OFFER } from '../core/attempt/attempt-engine.ts';
import type { Completion } from '../core/attempt/completion.ts';
import { STEP, Steps } from '../core/attempt/steps.ts';
import { renderDiagnostic } from '../core/config/diagnostic.ts';
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
import { CaptureFileError, openCaptureFile } from '../host/capture/open-capture-file.ts';
import { MAX_LEASES } from './daemon/door-keeper.ts';
import { loadConfig } from './daemon/load-config.ts';
import { watchableDoors } from './daemon/one-time-doors.ts';

export type ReplayOrder = { readonly capture: string; readonly configFile: string; readonly ipv6: boolean };

const EXIT = { ok: 0, failed: 1, config: 78 } as const;

const EXPIRY_BATCH = 4096;

/**
 * Prints what the packets of a capture file would have brought about, by the file's own clock, and runs nothing.
 * Every destination counts, for whose host the file is of is not known. Returns the exit status.
 */
export async function replay(
  order: ReplayOrder,
  print: (line: string) => void,
  complain: (line: string) => void,
): Promise<number> {
  const loaded = loadConfig(order.configFile);
  if (loaded.kind === 'bad') {
    for (const diagnostic of loaded.diagnostics) complain(renderDiagnostic(diagnostic));
    return EXIT.config;
  }
  for (const warning of loaded.warnings) complain(renderDiagnostic(warning));
  const doors = watchableDoors(loaded.config.doors, (event) => complain(renderEvent(event)));
  // No secret is needed where every packet is known beforehand.
  const rehearsal = new Rehearsal(new AttemptEngine(doors, [0x62757373, 0x61]), order.ipv6, print);
  try {
    const file = await openCaptureFile(order.capture);
    for await (const item of file.packets()) {
      if (item.kind === 'packet') rehearsal.take(item);
      else {
        complain(`knockd: ${order.capture} is damaged at byte ${item.offset}: ${item.reason}`);
        return EXIT.failed;
      }
    }
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    complain(`knockd: ${error.message}`);
    return EXIT.failed;
  } finally {
    rehearsal.finish();
  }
  return EXIT.ok;
}

/** The daemon's day with the file's clock in the place of time, and lines in the place of commands. */
class Rehearsal {
  readonly #engine: AttemptEngine;
  readonly #ipv6: boolean;
  readonly #print: (line: string) => void;
  readonly #book = new LeaseBook(MAX_LEASES);
  readonly #packet = new Packet();
  readonly #steps = new Steps();
  #packets = 0;
  #knocks = 0;
  #now: Instant = instant(0);
  #leases = 0;

  constructor(engine: AttemptEngine, ipv6: boolean, print: (line: string) => void) {
    this.#engine = engine;
    this.#ipv6 = ipv6;
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
    const last = this.#now;
    for (let due = this.#book.nextDue(); due !== undefined; due = this.#book.nextDue()) this.#closeDue(due);
    this.#expire(instant(Number.POSITIVE_INFINITY), last);
    this.#print(`${this.#packets} packets, ${this.#knocks} of them knocks, ${this.#leases} openings`);
  }

  #passTime(time: Instant): void {
    for (let due = this.#book.nextDue(); due !== undefined && due <= time; due = this.#book.nextDue()) {
      this.#closeDue(due);
    }
    this.#now = time;
    this.#expire(time, time);
  }

  #expire(time: Instant, stamp: Instant): void {
    let more = true;
    while (more) {
      more = this.#engine.expire(time, EXPIRY_BATCH, this.#steps);
      this.#now = stamp;
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
    const { start, stop } = renderCommands(door.opening, source);
    if (start === undefined) return;
    const due = after(at, door.opening.cmdTimeout);
    if (stop !== undefined) {
      const decision = this.#book.complete(completion, at);
      if (decision.kind === 'extended') {
        const seconds = Math.ceil(since(at, decision.lease.due) / 1000);
        this.#report({ kind: 'extended', source, door: door.name, seconds });
        return;
      }
      const id = `${this.#leases}` as LeaseId;
      this.#book.add({ id, door: door.name, source, stop, state: 'open', due });
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
    this.#print(`[${new Date(this.#now).toISOString()}] ${text}`);
  }
}
