import type { Proof } from '../../../core/attempt/completion.ts';
import { asciiBytes } from '../../../core/bytes/concat-bytes.ts';
import type { ClaimOutcome } from '../../../core/control/fleet-link.ts';
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

type Own = { readonly until: Instant; readonly isClaimed: boolean };

const COUNTS = { granted: 'claimed', taken: 'taken', unreachable: 'unclaimed' } as const;

/** Makes each proof that names a user valid at only one host of the fleet. The engine does not learn the proofs. */
export class FleetClaims {
  readonly #membership: Membership;
  readonly #link: FleetLink;
  readonly #own = new Map<string, Own>();
  /** Claims under way. BOUNDED: by the link. */
  readonly #asked = new Map<string, Promise<ClaimOutcome>>();
  readonly #counts = { claimed: 0, taken: 0, unclaimed: 0 };
  #toldAt: Instant | undefined;

  constructor(membership: Membership, link: FleetLink) {
    this.#membership = membership;
    this.#link = link;
  }

  get counts(): Readonly<Record<'claimed' | 'taken' | 'unclaimed', number>> {
    return this.#counts;
  }

  /** Why the proof does not open the door here. A proof is one at all hosts, whatever they call the door. */
  async whyNot(door: DoorSpec, { kind, user }: Proof, use: ProofUse): Promise<string | undefined> {
    const key = this.#keyOf(`${kind}\0${use.identity}`);
    const isRequired = door.fleetClaim === 'require';
    // This host's own record has accepted it again: the same address may repeat a code, or it opens several doors.
    if (this.#isOwn(key, isRequired)) return undefined;
    const outcome = await this.#claim(key, use);
    const noun = PROOF_NOUNS[kind];
    switch (outcome) {
      case 'granted':
        return undefined;
      case 'taken':
        return `this ${noun} of ${user} has been used at another member of the fleet`;
      case 'unreachable':
        if (isRequired)
          return `the engine of the fleet does not answer, so it is not known whether this ${noun} has been used elsewhere (fleet_claim = require)`;
        this.#note(key, use, false);
        this.#warn(door.name);
        return undefined;
      default:
        return outcome satisfies never;
    }
  }

  /** One question for all doors that the proof opens here at one time. */
  #claim(key: string, use: ProofUse): Promise<ClaimOutcome> {
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const answer = this.#link.claim(key, use.lifetime).then((outcome) => {
      this.#asked.delete(key);
      this.#counts[COUNTS[outcome]] += 1;
      if (outcome === 'granted') this.#note(key, use, true);
      return outcome;
    });
    this.#asked.set(key, answer);
    return answer;
  }

  /** Keyed with the fleet's secret, so that the engine cannot try all codes. */
  #keyOf(text: string): string {
    const { secret } = this.#membership.identity();
    const bytes = Buffer.concat([asciiBytes(PURPOSE), Buffer.from(text)]);
    return Buffer.from(nodeCiphers.hmacSha256(secret, bytes)).toString('hex');
  }

  /** `isClaimed`: the engine has granted it. */
  #isOwn(key: string, isClaimed: boolean): boolean {
    const own = this.#own.get(key);
    if (own === undefined || own.until <= this.#membership.clock.sinceBoot()) return false;
    return own.isClaimed || !isClaimed;
  }

  #note(key: string, { lifetime }: ProofUse, isClaimed: boolean): void {
    const [oldest] = this.#own.keys();
    if (this.#own.size >= MAX_OWN && oldest !== undefined) this.#own.delete(oldest);
    this.#own.delete(key);
    this.#own.set(key, { until: after(this.#membership.clock.sinceBoot(), lifetime), isClaimed });
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
