import { stepCode } from '../../attempt/door-index.ts';
import type { Door } from '../../door/door.ts';
import { PROTOCOL_NUMBER } from '../../net/protocol.ts';
import { firstPlaces, isWrongStep, WRONG_STEP } from './spread-hit.ts';

/** A knock that a member has seen, at a time by the clock of the member that asks. */
export type TimedHit = {
  /** 0: the member that asks. */
  readonly gateway: number;
  readonly step: number;
  /** Milliseconds, plus or minus `error`. */
  readonly at: number;
  readonly error: number;
  /** Hits of one member with the same number are the same packet. */
  readonly packet: number;
  readonly isRetransmission: boolean;
  /** The last knock, which the gateway that asks has seen. */
  readonly isLast: boolean;
};

/** Knocks closer together than this on different gateways count in either order: the network keeps no order between them. */
export const ORDER_MS = 2;

/** BOUNDED: orders that are tried. Unless knocks are close together, there is only one. */
const MAX_TRIED = 4096;

/** How many knocks have come, and when the first one did. */
type Progress = { readonly stage: number; readonly start: number };

const NONE: Progress = { stage: 0, start: 0 };

/** All hits, sorted by time. Hits of one gateway keep their order. */
export function naturalOrder(gateways: readonly (readonly TimedHit[])[]): TimedHit[] {
  return gateways.flat().sort((a, b) => a.at - b.at);
}

/**
 * A possible order of the hits in which the last knock completes the door's sequence; it ends with that knock.
 * `undefined` if there is none. Hits of one gateway keep their order. Hits of different gateways keep it too, unless
 * they are close together.
 */
export function completingOrder(
  gateways: readonly (readonly TimedHit[])[],
  door: Door,
): readonly TimedHit[] | undefined {
  return new OrderSearch(gateways, door).run();
}

/** Searches depth first. Tries the right next knock first, and no situation twice. */
class OrderSearch {
  readonly #gateways: readonly (readonly TimedHit[])[];
  readonly #steps: readonly number[];
  readonly #timeout: number;
  readonly #positions: number[];
  readonly #order: TimedHit[] = [];
  readonly #failed = new Set<string>();

  constructor(gateways: readonly (readonly TimedHit[])[], door: Door) {
    const places = firstPlaces(door);
    this.#gateways = gateways;
    this.#steps = door.sequence.map(
      ({ protocol, port }) => places.get(stepCode(PROTOCOL_NUMBER[protocol], port)) ?? WRONG_STEP[protocol],
    );
    this.#timeout = door.seqTimeout;
    this.#positions = gateways.map(() => 0);
  }

  run(): readonly TimedHit[] | undefined {
    return this.#search(NONE) ? this.#order : undefined;
  }

  #search(progress: Progress): boolean {
    const situation = `${this.#positions.join()}|${progress.stage}|${progress.start}`;
    if (this.#failed.has(situation) || this.#failed.size >= MAX_TRIED) return false;
    for (const gateway of this.#candidates(progress)) {
      const hit = this.#head(gateway);
      if (hit === undefined) continue;
      const next = this.#after(progress, hit);
      if (hit.isLast && next.stage !== this.#steps.length) continue;
      this.#order.push(hit);
      if (hit.isLast) return true;
      this.#positions[gateway] = (this.#positions[gateway] as number) + 1;
      if (this.#search(next)) return true;
      this.#positions[gateway] = (this.#positions[gateway] as number) - 1;
      this.#order.pop();
    }
    this.#failed.add(situation);
    return false;
  }

  /** The gateways whose next hit may come next in the common order. */
  #candidates(progress: Progress): number[] {
    const heads = this.#gateways.flatMap((_, gateway) => {
      const hit = this.#head(gateway);
      return hit === undefined ? [] : [{ gateway, hit, isRight: this.#isStep(progress.stage, hit) }];
    });
    return heads
      .filter(({ hit }) => heads.every(({ hit: other }) => other === hit || mayPrecede(hit, other)))
      .sort((a, b) => Number(b.isRight) - Number(a.isRight) || a.hit.at - b.hit.at)
      .map(({ gateway }) => gateway);
  }

  #head(gateway: number): TimedHit | undefined {
    return this.#gateways[gateway]?.[this.#positions[gateway] as number];
  }

  /** Judges the packet as `AttemptEngine` would at one attempt. The engine itself decides in the end. */
  #after({ stage, start }: Progress, hit: TimedHit): Progress {
    if (hit.isRetransmission) return { stage, start };
    const isPending = stage > 0 && stage < this.#steps.length;
    if (isPending && Math.abs(hit.at - start) <= this.#timeout) {
      if (this.#isStep(stage, hit)) return { stage: stage + 1, start };
      if (this.#isStep(stage - 1, hit)) return { stage, start: stage === 1 ? hit.at : start };
    }
    return this.#isStep(0, hit) ? { stage: 1, start: hit.at } : NONE;
  }

  #isStep(stage: number, hit: TimedHit): boolean {
    return !isWrongStep(hit.step) && this.#steps[stage] === hit.step;
  }
}

/** Whether `a` may have come before `b`, a hit of another gateway. */
const mayPrecede = (a: TimedHit, b: TimedHit): boolean => a.at - b.at < ORDER_MS + a.error + b.error;
