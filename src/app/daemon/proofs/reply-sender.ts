import { KeyRate } from '../../../core/budget/key-rate.ts';
import type { Ciphers } from '../../../core/cipher/ciphers.ts';
import type { Event } from '../../../core/event/event.ts';
import type { Address } from '../../../core/net/address.ts';
import { type Millis, millis } from '../../../core/net/time.ts';
import { exportKey, type HpkeContext } from '../../../core/signed/hpke.ts';
import { REPLY_PURPOSE } from '../../../core/signed/knock-layout.ts';
import { REPLY_NONCE_BYTES, type ReplyStatus, sealReply } from '../../../core/signed/knock-reply.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { sendDatagram } from '../../../host/network/send-datagram.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';
import type { ProofCounters } from '../reporting/proof-counters.ts';
import type { PayloadPacket } from './payload-packet.ts';

/**
 * Rates per key, source and status, except for `open`. `old`: possibly replayed knocks, so that a replay cannot make
 * the server talk. `newer`: knocks with a time newer than any that the key has signed. Only the key's owner can make
 * these, and each is answered once. Replayed knocks therefore do not delay the owner's own, even with his address.
 */
const REFUSALS = {
  old: { burst: 3, perSecond: 0.1 },
  newer: { burst: 40, perSecond: 10 },
} as const;
const MAX_NAMES = 16_384;

/** Interval between log lines about replies that cannot be sent. */
const TELL_MS = 60_000;

export type ReplySenderParts = {
  readonly ciphers: Ciphers;
  readonly clock: Clock;
  readonly counters: ProofCounters;
  readonly report: (event: Event) => void;
  /** `undefined`: the kernel accepted it. */
  readonly send: typeof sendDatagram;
};

/** The subject of a reply other than `open`. */
export type RefusedKnock = {
  readonly status: ReplyStatus;
  readonly keyName: string;
  readonly source: Address;
  /** Its time is newer than any that the key has signed before. */
  readonly isNewer: boolean;
};

/** The receiver of a reply, and the key that encrypts it. */
export type ReplyTo = {
  readonly packet: PayloadPacket;
  readonly context: HpkeContext;
  /** The key that signed the knock. */
  readonly keyName: string;
  readonly challenge: Uint8Array;
};

/** Answers knocks with a valid signature. The reply is encrypted and comes from the port that was knocked at. */
export class ReplySender {
  readonly #parts: ReplySenderParts;
  readonly #old = new KeyRate(REFUSALS.old, MAX_NAMES);
  readonly #newer = new KeyRate(REFUSALS.newer, MAX_NAMES);
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ReplySenderParts) {
    this.#parts = parts;
  }

  /** Whether a reply may be sent. */
  allows(knock: RefusedKnock): boolean {
    return this.#rateOf(knock).allows(nameOf(knock), performance.now());
  }

  /** Whether a reply may be sent; if so, it counts as sent. */
  admits(knock: RefusedKnock): boolean {
    return this.#rateOf(knock).admit(nameOf(knock), performance.now());
  }

  send({ packet, context, challenge }: ReplyTo, status: ReplyStatus, left: Millis = millis(0)): void {
    const { ciphers, clock, counters, send } = this.#parts;
    const { source, sourcePort, destination, port, interfaceIndex } = packet;
    const reply = { status, left, time: clock.wall(), seen: source, challenge };
    const key = exportKey(ciphers, context, REPLY_PURPOSE);
    const payload = sealReply(ciphers, key, randomBytes(REPLY_NONCE_BYTES), reply);
    const from = { address: destination, port };
    const error = send({ from, to: { address: source, port: sourcePort }, interfaceIndex, payload });
    counters.reply(error === undefined);
    if (error !== undefined) this.#reportFailure(error.message);
  }

  #rateOf({ isNewer }: RefusedKnock): KeyRate {
    return isNewer ? this.#newer : this.#old;
  }

  #reportFailure(message: string): void {
    const now = performance.now();
    if (now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    this.#parts.report({ kind: 'warning', text: `signed knocks cannot be answered: ${message}` });
  }
}

const nameOf = ({ status, keyName, source }: RefusedKnock): string => `${status} ${keyName} ${source}`;
