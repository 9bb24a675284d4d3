import { stepCode } from '../attempt/door-index.ts';
import { WorkTokens } from '../budget/work-tokens.ts';
import type { Door } from '../door/door.ts';
import { PROTOCOL_NUMBER } from '../net/protocol.ts';
import type { Instant } from '../net/time.ts';
import type { TraceEntry } from './trace-entry.ts';

/** BOUNDED: tries remembered, of all doors together. */
const MAX_TRIES = 256;

/** Older tries say nothing about the network as it is now. */
const RECENT_MS = 3_600_000;

/** A flood at a last knock costs no more than this. */
const LOOKS = { depth: 20, perSecond: 20 } as const;

/** The places of a sequence are bits. */
const MAX_PLACES = 31;

/** One mistake of a user looks the same. */
const FEWEST = 2;

/** One last knock: which knocks of its sequence this host has seen. */
type Try = { readonly door: string; readonly at: Instant; readonly seen: number };

/** `tries`: last knocks of late. `parts`: those among them before which the first knock did not reach this host. */
export type SplitDoor = { readonly door: string; readonly tries: number; readonly parts: number };

/**
 * Notices that sequences reach this host in parts, as behind a router that spreads packets over several hosts by their ports.
 * It looks at a source only when a last knock comes, and counts it only if the source knows other knocks too and has touched
 * no decoy port. A client with a wrong sequence always leaves out the same knocks; a router does not.
 */
export class SplitSequences {
  readonly #looks = new WorkTokens(LOOKS);
  /** The doors by their last knock. */
  #doors: ReadonlyMap<number, readonly Door[]> = new Map();
  #tries: readonly Try[] = [];

  constructor(doors: readonly Door[]) {
    this.replaceDoors(doors);
  }

  /** What was noticed of doors with the same name stays. */
  replaceDoors(doors: readonly (Door | undefined)[]): void {
    const byLast = new Map<number, Door[]>();
    for (const door of doors) {
      if (door === undefined) continue;
      const code = codeOf(door, door.sequence.length - 1);
      if (code === undefined || door.sequence.length < 2 || door.sequence.length > MAX_PLACES) continue;
      byLast.set(code, [...(byLast.get(code) ?? []), door]);
    }
    this.#doors = byLast;
  }

  /** Whether the packet is sent to the port of a last knock, and may be looked at. `now`: a clock that only grows. */
  watches(protocol: number, port: number, now: number): boolean {
    return this.#doors.has(stepCode(protocol, port)) && this.#looks.take(1, now);
  }

  /** A last knock. `entries`: what is remembered of its source, this knock too. */
  add(protocol: number, port: number, entries: readonly TraceEntry[], now: Instant): void {
    for (const door of this.#doors.get(stepCode(protocol, port)) ?? []) {
      const seen = placesSeen(door, entries, now);
      if (seen === undefined) continue;
      this.#tries = [...this.#tries, { door: door.name, at: now, seen }].slice(-MAX_TRIES);
    }
  }

  /** The doors whose sequences reach this host in parts. */
  report(now: Instant): SplitDoor[] {
    const recent = this.#tries.filter(({ at }) => Math.abs(now - at) <= RECENT_MS);
    return [...new Set(recent.map(({ door }) => door))].flatMap((door) => {
      const tries = recent.filter((one) => one.door === door);
      const parts = tries.filter(({ seen }) => (seen & 1) === 0).length;
      const ways = new Set(tries.map(({ seen }) => seen)).size;
      return parts < FEWEST || ways < 2 ? [] : [{ door, tries: tries.length, parts }];
    });
  }
}

/** Bits of the places that the last try has knocked; `undefined` if the source seems not to know the sequence. */
function placesSeen(door: Door, entries: readonly TraceEntry[], now: Instant): number | undefined {
  const places = new Map<number | undefined, number>();
  for (let place = door.sequence.length - 1; place >= 0; place--) places.set(codeOf(door, place), place);
  const last = codeOf(door, door.sequence.length - 1);
  let seen = 1 << (door.sequence.length - 1);
  let everSeen = seen;
  let isThisTry = true;
  for (const entry of entries.toReversed()) {
    const { kind, knock, lastAt } = entry;
    const age = now - lastAt;
    if (age <= door.seqTimeout && (kind === 'tripwire' || kind === 'suspicion')) return undefined;
    if (knock === undefined) continue;
    const code = stepCode(PROTOCOL_NUMBER[knock.protocol], knock.port);
    const place = places.get(code);
    if (place === undefined) continue;
    everSeen |= 1 << place;
    // The one before this was another try. The packet itself may stand in several entries, all of this moment.
    if (age > door.seqTimeout || (code === last && age >= 1)) isThisTry = false;
    if (isThisTry) seen |= 1 << place;
  }
  return isOne(everSeen) ? undefined : seen;
}

const isOne = (bits: number): boolean => (bits & (bits - 1)) === 0;

function codeOf({ sequence }: Door, place: number): number | undefined {
  const step = sequence[place];
  return step === undefined ? undefined : stepCode(PROTOCOL_NUMBER[step.protocol], step.port);
}
