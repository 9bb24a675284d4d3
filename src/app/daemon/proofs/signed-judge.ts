import type { Garbage } from '../../../core/control/proof-counts.ts';
import { PROTOCOL_NUMBER } from '../../../core/net/protocol.ts';
import type { Packet } from '../../../core/packet/packet.ts';
import { KNOCK } from '../../../core/signed/knock-layout.ts';
import { noiseReason, type ServerKey } from '../../../core/signed/open-knock.ts';
import type { ProofCounters } from '../reporting/proof-counters.ts';
import type { PayloadJudge, SkipReason } from './payload-judge.ts';
import type { PayloadPacket } from './payload-packet.ts';
import type { SignedKnocks } from './signed-knocks.ts';
import type { UseRecord } from './use-record.ts';

export type SignedJudgeParts = {
  readonly counters: ProofCounters;
  readonly record: UseRecord;
  readonly knocks: SignedKnocks;
};

/** Tells signed knocks from noise by the tags of the server's keys. */
export class SignedJudge implements PayloadJudge {
  readonly #parts: SignedJudgeParts;
  #keys: readonly ServerKey[] = [];
  /** The key of the packet recognized last. */
  #key: ServerKey | undefined;

  constructor(parts: SignedJudgeParts) {
    this.#parts = parts;
  }

  /** Knocks may be encrypted to these keys from now on. */
  follow(keys: readonly ServerKey[]): void {
    this.#keys = keys;
  }

  recognizes(bytes: Uint8Array, packet: Packet): boolean {
    if (packet.protocol !== PROTOCOL_NUMBER.udp) return false;
    this.#key = this.#keyOf(bytes, packet);
    return this.#key !== undefined;
  }

  isUsed(bytes: Uint8Array, { payloadStart }: Packet): boolean {
    return this.#parts.record.has(bytes, payloadStart + KNOCK.ephemeral);
  }

  turnAway(why: SkipReason | 'used'): void {
    this.#parts.counters.garbage(why);
  }

  judgeUsed(packet: PayloadPacket): void {
    this.#parts.knocks.judgeUsed(packet);
  }

  judge(packet: PayloadPacket): boolean {
    return this.#key !== undefined && this.#parts.knocks.judge(packet, this.#key);
  }

  #keyOf(bytes: Uint8Array, { payloadStart, payloadEnd }: Packet): ServerKey | undefined {
    let noise: Garbage = 'tag';
    for (const key of this.#keys) {
      const reason = noiseReason(key, bytes, payloadStart, payloadEnd);
      if (reason === undefined) return key;
      noise = reason;
    }
    this.#parts.counters.garbage(noise);
    return undefined;
  }
}
