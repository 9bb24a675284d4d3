import { KnownSources } from '../../../core/budget/known-sources.ts';
import { takes } from '../../../core/door/door.ts';
import type { Event } from '../../../core/event/event.ts';
import { renderPayloadFilter } from '../../../core/filter/payload-filter.ts';
import { addressWords, familyOf } from '../../../core/net/address.ts';
import { type Instant, since } from '../../../core/net/time.ts';
import type { Packet } from '../../../core/packet/packet.ts';
import type { ServerKey } from '../../../core/signed/open-knock.ts';
import { serverMarks } from '../../../core/signed/server-word.ts';
import type { Capture, CaptureCounters } from '../../../host/capture/capture.ts';
import { openRingCapture, PAYLOAD_RING } from '../../../host/capture/ring-capture.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { nodeCiphers as ciphers } from '../../../host/crypto/node-ciphers.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import { drawSecret } from '../packets/draw-secret.ts';
import type { KnockListener } from '../packets/knock-listener.ts';
import type { ProofCounters } from '../reporting/proof-counters.ts';
import { PayloadLoop } from './payload-loop.ts';
import { rehearse } from './rehearse.ts';
import { ReplySender } from './reply-sender.ts';
import { type OnProof, SignedKnocks } from './signed-knocks.ts';
import { UseRecord } from './use-record.ts';

const KNOWN_PLACES = 65_536;

/** Of the history, so many leases tell at a start who is known. */
const KNOWN_FROM_HISTORY = 4096;

/** Where the ring could not be opened at a reload, it is retried. */
const AGAIN_MS = 10_000;

/** A key's end may be further off than a timer can count. */
const LOOK_MS = 6 * 3_600_000;

export type PayloadListenerParts = {
  readonly inForce: ConfigInForce;
  readonly watch: KnockListener;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly keeper: LeaseKeeper;
  readonly counters: ProofCounters;
  readonly ipv6: boolean;
  readonly report: (event: Event) => void;
};

type Heard = { readonly capture: Capture; readonly loop: PayloadLoop };

/** Hears signed knocks while a door takes them: their ring, and what becomes of them. No port is opened for it. */
export class PayloadListener {
  readonly #parts: PayloadListenerParts;
  readonly #secret = drawSecret();
  readonly #known = new KnownSources(KNOWN_PLACES, this.#secret);
  readonly #startedAt: Instant;
  #admit: OnProof = () => Promise.resolve({ kind: 'nothing' });
  #judge: SignedKnocks | undefined;
  #record: UseRecord | undefined;
  #heard: Heard | undefined;
  #filter = '';
  #counted: CaptureCounters = { passed: 0, dropped: 0 };
  #targets: readonly (readonly number[])[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: PayloadListenerParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.wall();
  }

  /** Takes signed knocks from now on, if a door does. Throws what the system has against it. */
  listen(admit: OnProof): void {
    this.#admit = admit;
    this.#follow();
  }

  /** The configuration in force is another one now. What cannot be done yet is retried. */
  follow(): void {
    if (this.#isStopped) return;
    try {
      this.#follow();
    } catch (error) {
      const text = `signed knocks are not received: ${(error as Error).message}; next try in ${AGAIN_MS / 1000} s`;
      this.#parts.report({ kind: 'error', text });
      this.#followLater(AGAIN_MS);
    }
  }

  /** Packets that the filter passed, and those that were lost because they came too fast. */
  packets(): CaptureCounters {
    const now = this.#heard?.capture.counters() ?? { passed: 0, dropped: 0 };
    return { passed: this.#counted.passed + now.passed, dropped: this.#counted.dropped + now.dropped };
  }

  /** Takes nothing any more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#close();
  }

  /** All leases are closed, and what waited for the disk is written. */
  end(): void {
    this.#record?.end();
  }

  #follow(): void {
    clearTimeout(this.#timer);
    const { inForce, ipv6 } = this.#parts;
    const { settings, doors } = inForce.current;
    const keys = this.#keys();
    const port = settings.signedPort;
    if (keys.length === 0 || port === undefined) {
      this.#close();
      return;
    }
    const taking = doors.filter((door) => takes(door, 'key'));
    this.#targets = taking.flatMap(({ target }) =>
      target === undefined ? [] : [[familyOf(target), ...addressWords(target)]],
    );
    const filter = renderPayloadFilter({ port, marks: keys.map(({ marks }) => marks) }, { ipv6 });
    if (this.#heard === undefined) this.#open(filter, keys);
    else if (filter !== this.#filter) this.#heard.capture.setFilter(filter);
    this.#filter = filter;
    this.#heard?.loop.follow(keys);
  }

  /** Those that count now. When one ends, it is looked at again. */
  #keys(): readonly ServerKey[] {
    const { inForce, clock } = this.#parts;
    const now = clock.wall();
    const keys = (inForce.authority?.serverKeys ?? []).filter(
      ({ until }) => until === undefined || until > now,
    );
    const ends = keys.flatMap(({ until }) => (until === undefined ? [] : [since(now, until)]));
    if (ends.length > 0) this.#followLater(Math.min(LOOK_MS, ...ends));
    return keys.map((key) => ({
      secret: key.secret,
      point: key.public,
      marks: serverMarks(ciphers, key.public),
    }));
  }

  #followLater(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.follow(), ms).unref();
  }

  #open(filter: string, keys: readonly ServerKey[]): void {
    const { watch, inForce, counters } = this.#parts;
    const judge = this.#begin();
    const capture = openRingCapture(filter, PAYLOAD_RING);
    const loop = new PayloadLoop({
      ...{ capture, counters, known: this.#known, secret: this.#secret },
      interfaces: watch.interfaces,
      bans: watch.bans,
      takeKnocks: () => watch.takeArrived(),
      isTarget: (packet) => this.#isTarget(packet),
      isUsed: (bytes, start) => this.#record?.has(bytes, start) === true,
      onUsed: (packet) => judge.takeUsed(packet),
      judge: (packet, key) => judge.take(packet, key),
    });
    loop.follow(keys);
    loop.start();
    this.#heard = { capture, loop };
    const [first] = keys;
    if (first !== undefined) rehearse(ciphers, first, inForce.authority?.users);
  }

  /** What outlives a ring that is closed and opened again: the record of use above all. */
  #begin(): SignedKnocks {
    if (this.#judge !== undefined) return this.#judge;
    const { store, clock, keeper, counters, report, inForce } = this.#parts;
    const alongside = (write: () => void): Promise<void> => keeper.records.alongside(write);
    const record = new UseRecord({ store, clock, report, alongside }, this.#startedAt);
    this.#record = record;
    this.#learnKnown();
    this.#judge = new SignedKnocks({
      ...{ ciphers, clock, inForce, record, keeper, counters, report },
      replies: new ReplySender({ ciphers, clock, counters, report }),
      admit: (completion, whyNot) => this.#admit(completion, whyNot),
      onOpened: ({ source }) => this.#known.add(source),
    });
    return this.#judge;
  }

  #learnKnown(): void {
    try {
      for (const { source } of this.#parts.store.history(KNOWN_FROM_HISTORY)) this.#known.add(source);
    } catch {
      // Without its history nobody is known yet; that it cannot be read has been said.
    }
  }

  #isTarget({ family, destination0, destination1, destination2, destination3 }: Packet): boolean {
    return this.#targets.some(
      ([ofFamily, w0, w1, w2, w3]) =>
        ofFamily === family &&
        w0 === destination0 &&
        w1 === destination1 &&
        w2 === destination2 &&
        w3 === destination3,
    );
  }

  #close(): void {
    if (this.#heard === undefined) return;
    const { capture, loop } = this.#heard;
    loop.stop();
    this.#counted = this.packets();
    this.#heard = undefined;
    capture.close();
  }
}
