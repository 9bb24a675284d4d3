import type { Proof } from '../../../core/attempt/completion.ts';
import type { ScanGuard } from '../../../core/attempt/scan-guard.ts';
import type { PenaltyRow, SourceRow } from '../../../core/control/overview.ts';
import { type SourceStory, storyEntry } from '../../../core/control/source-story.ts';
import type { Door } from '../../../core/door/door.ts';
import type { HolderKind } from '../../../core/door/proof-kind.ts';
import type { Event } from '../../../core/event/event.ts';
import { renderMoment } from '../../../core/event/render-moment.ts';
import { holderNames } from '../../../core/lease/holders.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import { coversAddress } from '../../../core/lease/lease-prefix.ts';
import type { Address } from '../../../core/net/address.ts';
import type { Instant } from '../../../core/net/time.ts';
import { explainNow, renderNow } from '../../../core/trace/explain-now.ts';
import { explainTrace } from '../../../core/trace/explain-trace.ts';
import type { Explanation, OpenDoor, TraceSituation } from '../../../core/trace/explanation.ts';
import type { RefusedProof } from '../../../core/trace/refused-proof.ts';
import type { SourceTraces } from '../../../core/trace/source-traces.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { type BanKeeper, sourceOf } from '../bans/ban-keeper.ts';
import { toWallTime } from '../leases/lease-record.ts';

/** BOUNDED: sources that are kept in any flood. The one asked for longest ago is dropped first. */
const MAX_FOLLOWED = 16;

export type SourceViewParts = {
  readonly traces: SourceTraces;
  readonly bans: BanKeeper;
  readonly guard: ScanGuard;
  readonly clock: Clock;
  readonly doors: () => readonly Door[];
  readonly leases: () => Iterable<Lease>;
};

/** Remembers what happened to completed sequences, and tells the story of a source. */
export class SourceView {
  readonly #parts: SourceViewParts;
  readonly #since: Instant;
  /** In the order of the requests. */
  readonly #followed = new Set<Address>();

  constructor(parts: SourceViewParts) {
    this.#parts = parts;
    this.#since = parts.clock.wall();
  }

  onEvent(event: Event): void {
    const { traces, clock } = this.#parts;
    switch (event.kind) {
      case 'proof-refused':
        traces.addLeaseNote({ ...event, kind: REFUSED_KIND[event.proof ?? 'key'], door: '' }, clock.wall());
        return;
      case 'refused':
      case 'extended':
      case 'start-failed':
        traces.addLeaseNote(event, clock.wall());
        return;
      case 'lease-opened':
      case 'lease-closed': {
        const { source, door } = event;
        const kind = event.kind === 'lease-opened' ? 'opened' : 'closed';
        traces.addLeaseNote({ kind, source, door }, clock.wall());
      }
    }
  }

  /** Keeps the source's packets from now on, in any flood. Returns whether there is room. */
  follow(source: Address): boolean {
    const { traces, clock } = this.#parts;
    const [first] = this.#followed;
    if (!this.#followed.has(source) && this.#followed.size >= MAX_FOLLOWED && first !== undefined) {
      traces.unfollow(first);
      this.#followed.delete(first);
    }
    if (!traces.follow(source, clock.wall())) return false;
    this.#followed.add(source);
    return true;
  }

  explain(source: Address): SourceStory {
    const { traces, clock, leases } = this.#parts;
    const now = clock.wall();
    const entries = traces.read(source, now);
    const situation = this.#situation(source, now, leases());
    const why = explainTrace(entries, situation);
    const present = explainNow(situation);
    return {
      source,
      entries: entries.map(storyEntry),
      present: renderNow(present, situation.clock),
      presentSaid: present,
      why,
      now,
      since: this.#since,
      followed: this.#followed.has(source),
    };
  }

  /** The sources seen last with the outcome of each one's last attempt, or only those with `outcome`. */
  *recent(limit: number, outcome?: Explanation['kind']): Generator<SourceRow> {
    const { traces, clock, leases } = this.#parts;
    const now = clock.wall();
    const open = openBySource(leases());
    let left = limit;
    for (const { source, at } of traces.latest(now)) {
      if (left <= 0) return;
      const own = [...(open.bySource.get(source) ?? []), ...open.wide];
      const situation = this.#situation(source, now, own);
      const { kind, door, sentence, said } = explainTrace(traces.read(source, now), situation);
      if (outcome !== undefined && kind !== outcome) continue;
      left -= 1;
      const { penaltyUntil, ban } = situation;
      yield {
        source,
        at,
        kind,
        ...(door === undefined ? {} : { door }),
        sentence,
        ...(said === undefined ? {} : { said }),
        ...(penaltyUntil === undefined ? {} : { penaltyUntil }),
        ...(ban === undefined ? {} : { banned: true }),
      };
    }
  }

  /** Remembered sources under penalty. The scan guard itself stores no addresses. */
  *penalties(): Generator<PenaltyRow> {
    const { traces, guard, clock } = this.#parts;
    const now = clock.wall();
    for (const { source } of traces.latest(now)) {
      const until = guard.penaltyUntil(sourceOf(source), now);
      if (until !== undefined) yield { who: source, until };
    }
  }

  #situation(source: Address, now: Instant, leases: Iterable<Lease>): TraceSituation {
    const { traces, bans, guard, doors } = this.#parts;
    const [ban] = bans.of(source);
    const penaltyUntil = guard.penaltyUntil(sourceOf(source), now);
    return {
      source,
      now,
      doors: doors(),
      since: this.#since,
      evicted: traces.displaced > 0,
      open: this.#open(source, leases),
      clock: (at) => renderMoment(at, now),
      ...(ban === undefined ? {} : { ban }),
      ...(penaltyUntil === undefined ? {} : { penaltyUntil }),
    };
  }

  #open(source: Address, leases: Iterable<Lease>): OpenDoor[] {
    const { clock } = this.#parts;
    return [...leases]
      .filter((lease) => coversAddress(lease, source))
      .map(({ door, state, since, due, holders, byOperator, opened, startFailure }) => ({
        door,
        state,
        since: toWallTime(since, clock),
        until: toWallTime(due, clock),
        byOperator: byOperator === true,
        ...(holders === undefined ? {} : { users: holderNames(holders), ...commonProof(holders) }),
        hasPorts: opened !== undefined,
        ...(startFailure === undefined ? {} : { startFailure }),
      }));
  }
}

/** The kind of their proofs, if they share one. */
function commonProof([first, ...others]: readonly Proof[]): { readonly proof?: Proof['kind'] } {
  return first !== undefined && others.every(({ kind }) => kind === first.kind) ? { proof: first.kind } : {};
}

/** `wide`: leases that let in more than their source. */
function openBySource(leases: Iterable<Lease>): {
  readonly bySource: ReadonlyMap<Address, readonly Lease[]>;
  readonly wide: readonly Lease[];
} {
  const bySource = new Map<Address, Lease[]>();
  const wide: Lease[] = [];
  for (const lease of leases) {
    if (lease.opened?.prefix6 !== undefined) wide.push(lease);
    else {
      const own = bySource.get(lease.source) ?? [];
      own.push(lease);
      bySource.set(lease.source, own);
    }
  }
  return { bySource, wide };
}

const REFUSED_KIND: Readonly<Record<HolderKind, RefusedProof>> = {
  member: 'proof-refused',
  key: 'proof-refused',
  code: 'code-refused',
  spa: 'spa-refused',
};
