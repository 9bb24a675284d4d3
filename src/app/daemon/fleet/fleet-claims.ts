import type { Proof } from '../../../core/attempt/completion.ts';
import { asciiBytes } from '../../../core/bytes/concat-bytes.ts';
import type { DoorSpec } from '../../../core/door/door.ts';
import { PROOF_NOUNS } from '../../../core/door/proof-kind.ts';
import { after, type Instant } from '../../../core/net/time.ts';
import { nodeCiphers } from '../../../host/crypto/node-ciphers.ts';
import type { ProofUse } from '../leases/proof-use.ts';
import type { FleetLink } from './fleet-link.ts';
import type { Membership } from './fleet-parts.ts';

const PURPOSE = 'bussa fleet claim 1\0';

/** BOUNDED: proofs claimed by this host, which it may accept again by its own record. The oldest are forgotten. */
const MAX_OWN = 100_000;

/** Interval of reports that the engine does not answer. */
const AGAIN_MS = 60_000;

/** Makes each proof that names a user valid at only one host of the fleet. The engine learns none of them. */
export class FleetClaims {
  readonly #membership: Membership;
  readonly #link: FleetLink;
  readonly #own = new Map<string, Instant>();
  readonly #counts = { claimed: 0, taken: 0, unclaimed: 0 };
  #toldAt: Instant | undefined;

  constructor(membership: Membership, link: FleetLink) {
    this.#membership = membership;
    this.#link = link;
  }

  get counts(): Readonly<Record<'claimed' | 'taken' | 'unclaimed', number>> {
    return this.#counts;
  }

  /** Why the proof does not open the door here. */
  async whyNot(door: DoorSpec, { kind, user }: Proof, use: ProofUse): Promise<string | undefined> {
    const key = this.#keyOf(`${kind}\0${use.identity}\0${door.name}`);
    // This host's own record has accepted it again: the same address may repeat a code.
    if (this.#isOwn(key)) return undefined;
    const outcome = await this.#link.claim(key, use.lifetime);
    const noun = PROOF_NOUNS[kind];
    switch (outcome) {
      case 'granted':
        this.#counts.claimed += 1;
        this.#note(key, use);
        return undefined;
      case 'taken':
        this.#counts.taken += 1;
        return `this ${noun} of ${user} has been used at another member of the fleet`;
      case 'unreachable':
        this.#counts.unclaimed += 1;
        if (door.fleetClaim === 'require')
          return `the engine of the fleet does not answer, so it is not known whether this ${noun} has been used elsewhere (fleet_claim = require)`;
        this.#note(key, use);
        this.#warn(door.name);
        return undefined;
      default:
        return outcome satisfies never;
    }
  }

  /** Keyed with the fleet's secret, so that the engine cannot try all codes. */
  #keyOf(text: string): string {
    const { secret } = this.#membership.identity();
    const bytes = Buffer.concat([asciiBytes(PURPOSE), Buffer.from(text)]);
    return Buffer.from(nodeCiphers.hmacSha256(secret, bytes)).toString('hex');
  }

  #isOwn(key: string): boolean {
    const until = this.#own.get(key);
    return until !== undefined && until > this.#membership.clock.sinceBoot();
  }

  #note(key: string, { lifetime }: ProofUse): void {
    const [oldest] = this.#own.keys();
    if (this.#own.size >= MAX_OWN && oldest !== undefined) this.#own.delete(oldest);
    this.#own.delete(key);
    this.#own.set(key, after(this.#membership.clock.sinceBoot(), lifetime));
  }

  #warn(door: string): void {
    const { clock, report } = this.#membership;
    const now = clock.sinceBoot();
    if (this.#toldAt !== undefined && now - this.#toldAt < AGAIN_MS) return;
    this.#toldAt = now;
    const text = `fleet: ${door}: opened by a proof that no other member knows of, because the engine does not answer: somebody who has recorded it can use it once at another member meanwhile; fleet_claim = require keeps the door shut instead`;
    report({ kind: 'warning', text });
  }
}
