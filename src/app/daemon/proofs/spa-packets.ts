import { KeyRate } from '../../../core/budget/key-rate.ts';
import type { Ciphers } from '../../../core/cipher/ciphers.ts';
import { acceptsProof, type DoorSpec } from '../../../core/door/door.ts';
import type { Event } from '../../../core/event/event.ts';
import type { Address } from '../../../core/net/address.ts';
import { proveSpa, SPA_WINDOW, type SpaJudgement } from '../../../core/proof/prove-spa.ts';
import type { RefusalWords } from '../../../core/proof/refusal-words.ts';
import { SPA_USED_ALREADY, spaRefusalWords } from '../../../core/proof/spa-refusal-words.ts';
import { REASONS } from '../../../core/say/reasons.ts';
import { usedUntil } from '../../../core/signed/used-knocks.ts';
import { plainText } from '../../../core/spa/spa-form.ts';
import { readSpaMessage, type SpaMessage } from '../../../core/spa/spa-message.ts';
import { SpaCandidate } from '../../../core/spa/spa-packet.ts';
import type { SpaOwner } from '../../../core/users/user-directory.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { OpenResult } from '../leases/lease-keeper-parts.ts';
import type { ProofUse } from '../leases/proof-use.ts';
import type { SpaCounters } from '../reporting/spa-counters.ts';
import { claimOf } from './claim-of.ts';
import { KEY_RATE, MAX_KEYS } from './key-limits.ts';
import type { OnProof } from './on-proof.ts';
import { OUTCOME_OF } from './outcome-of.ts';
import type { PayloadPacket } from './payload-packet.ts';
import { DROPPED_BY_KERNEL } from './signed-knock-words.ts';
import type { UseRecord } from './use-record.ts';

/** BOUNDED: sources whose last key is remembered. */
const MAX_SENDERS = 4096;

export type SpaPacketsParts = {
  readonly ciphers: Ciphers;
  readonly inForce: ConfigInForce;
  readonly record: UseRecord;
  readonly counters: SpaCounters;
  readonly report: (event: Event) => void;
  /** The steps between a proof and its door, the same as for a sequence. */
  readonly admit: OnProof;
  /** The packet opened a door. */
  readonly onOpened: (packet: PayloadPacket) => void;
};

/** A power of two. If another packet took the place, a replay is still refused, but only after its HMAC is computed. */
const JUDGED_PLACES = 65_536;

type Found = { readonly owner: SpaOwner; readonly message: SpaMessage; readonly id: Uint8Array };

/** Judges fwknop packets: whose they are, whether they are valid, and what follows. */
export class SpaPackets {
  readonly #parts: SpaPacketsParts;
  readonly #rate = new KeyRate(KEY_RATE, MAX_KEYS);
  /** The key of a source's last packet, which is tried first. */
  readonly #senders = new Map<Address, string>();
  readonly #candidate = new SpaCandidate();
  /** A hash of the last characters of each judged packet: only a packet with the same hash may have been used. */
  readonly #judged = new Int32Array(JUDGED_PLACES);

  constructor(parts: SpaPacketsParts) {
    this.#parts = parts;
  }

  /** Returns whether the packet is valid and was recorded as used. */
  judge(packet: PayloadPacket): boolean {
    const { ciphers, counters, record } = this.#parts;
    const text = plainText(packet.payload);
    if (this.#mayBeUsed(text) && record.has(ciphers.sha256(text), 0)) {
      this.#countUsed(packet);
      return false;
    }
    this.#candidate.load(text);
    const found = this.#find(packet, text);
    if (found === undefined) {
      counters.garbage('hmac');
      return false;
    }
    this.#judged[placeOf(text)] = endOf(text);
    if (!record.has(found.id, 0)) return this.#judge(packet, found);
    this.#countUsed(packet, found.owner);
    return false;
  }

  #mayBeUsed(text: Uint8Array): boolean {
    return this.#judged[placeOf(text)] === endOf(text);
  }

  #countUsed({ source }: PayloadPacket, owner?: SpaOwner): void {
    this.#parts.counters.garbage('used');
    this.#reportRefusal(source, { reason: SPA_USED_ALREADY, shortReason: SPA_USED_ALREADY }, owner);
  }

  /** Finds the owner. Keys with an HMAC are tried first; the others cost a decryption each. */
  #find(packet: PayloadPacket, text: Uint8Array): Found | undefined {
    const candidate = this.#candidate;
    const owners = this.#owners(packet.source);
    const { ciphers } = this.#parts;
    let unreadable: SpaOwner | undefined;
    // Several keys may have one HMAC key.
    for (const owner of owners) {
      if (!candidate.isAuthentic(ciphers, owner.spa.credential)) continue;
      const message = this.#read(owner)?.message;
      unreadable ??= owner;
      if (message === undefined) continue;
      this.#remember(packet.source, owner);
      return { owner, message, id: ciphers.sha256(text) };
    }
    if (unreadable !== undefined) {
      this.#parts.counters.outcome('content');
      const reason = REASONS['spa-content'];
      this.#reportRefusal(packet.source, { reason, shortReason: reason }, unreadable);
      return undefined;
    }
    for (const one of owners) {
      if (one.spa.credential.hmac !== undefined) continue;
      const read = this.#read(one);
      if (read === undefined) continue;
      this.#remember(packet.source, one);
      // Without an HMAC, other bytes can carry the same content.
      return { owner: one, message: read.message, id: ciphers.sha256(Buffer.from(read.text, 'latin1')) };
    }
    return undefined;
  }

  #read({ spa }: SpaOwner): { message: SpaMessage; text: string } | undefined {
    const { ciphers } = this.#parts;
    const opened = this.#candidate.open(ciphers, spa.credential);
    if (opened.kind !== 'opened') return undefined;
    const message = readSpaMessage(ciphers, opened.text);
    return message === undefined ? undefined : { message, text: opened.text };
  }

  #owners(source: Address): readonly SpaOwner[] {
    const all = this.#parts.inForce.authority?.users.spa ?? [];
    const last = this.#senders.get(source);
    const first = last === undefined ? undefined : all.find(({ spa }) => spa.fingerprint === last);
    return first === undefined || first === all[0] ? all : [first, ...all.filter((one) => one !== first)];
  }

  #remember(source: Address, { spa }: SpaOwner): void {
    this.#senders.delete(source);
    const [first] = this.#senders.keys();
    if (this.#senders.size >= MAX_SENDERS && first !== undefined) this.#senders.delete(first);
    this.#senders.set(source, spa.fingerprint);
  }

  #judge(packet: PayloadPacket, { owner, message, id }: Found): boolean {
    const { counters, record } = this.#parts;
    const judged = proveSpa(owner, message, {
      doors: this.#doors(packet),
      from: packet.source,
      now: packet.at,
      window: SPA_WINDOW,
      isForgotten: (time, unit) => record.isForgotten(time, unit),
    });
    const { time } = message;
    const until = usedUntil(time, packet.at, SPA_WINDOW);
    // A refused packet must not count later either, even after changes of clocks or doors.
    const isTaken =
      this.#rate.admit(owner.spa.fingerprint, performance.now()) && record.use({ id, time, until });
    if (judged.kind === 'refused') {
      counters.outcome(judged.reason);
      this.#reportRefusal(packet.source, spaRefusalWords(judged, owner, message), owner);
    } else if (isTaken) this.#open(packet, owner, judged, claimOf(packet.at, { id, until }));
    else {
      counters.outcome('busy');
      const reason = REASONS['spa-busy'];
      this.#reportRefusal(packet.source, { reason, shortReason: reason }, owner);
    }
    return isTaken && judged.kind !== 'refused';
  }

  /** The doors that packets to this destination may open. */
  #doors({ isLocal, destination }: PayloadPacket): readonly DoorSpec[] {
    return this.#parts.inForce.current.doors.filter(
      (door) =>
        acceptsProof(door, 'spa') && (door.target === undefined ? isLocal : door.target === destination),
    );
  }

  #open(
    packet: PayloadPacket,
    { user, spa }: SpaOwner,
    { completions }: Extract<SpaJudgement, { kind: 'open' }>,
    use: ProofUse,
  ): void {
    const { report, admit } = this.#parts;
    const by = { user: user.name, proof: 'spa', credential: spa.fingerprint } as const;
    for (const completion of completions) {
      const { source, door } = completion;
      report({ kind: 'completed', source, door: door.name, ...by });
      // A packet that opens for another address may come from any source.
      const whyNot = source === packet.source && packet.isDroppedByKernel() ? DROPPED_BY_KERNEL : undefined;
      void admit(completion, whyNot, use).then((result) => this.#opened(packet, result));
    }
  }

  #opened(packet: PayloadPacket, { kind }: OpenResult): void {
    const { counters, onOpened } = this.#parts;
    counters.outcome(OUTCOME_OF[kind]);
    if (kind === 'opened' || kind === 'extended' || kind === 'runs') onOpened(packet);
  }

  #reportRefusal(source: Address, words: RefusalWords, owner?: SpaOwner): void {
    const by = owner === undefined ? {} : { user: owner.user.name, credential: owner.spa.fingerprint };
    this.#parts.report({ kind: 'proof-refused', source, proof: 'spa', ...by, ...words });
  }
}

/** Both are of the last characters, which belong to the HMAC. */
const endOf = (text: Uint8Array): number => word(text, text.length - 6);
const placeOf = (text: Uint8Array): number => word(text, text.length - 10) & (JUDGED_PLACES - 1);

function word(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return (a << 24) | (b << 16) | (c << 8) | d;
}
