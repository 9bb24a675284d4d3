import type { Door } from '../../core/door/door.ts';
import type { SequenceStep } from '../../core/door/sequence.ts';
import type { LogEvent } from '../../core/event/event.ts';
import type { Address } from '../../core/net/address.ts';
import { meetsFlagRule } from '../../core/net/tcp-flags.ts';
import { type Instant, instant } from '../../core/net/time.ts';
import { explainTrace } from '../../core/trace/explain-trace.ts';
import { explainRefusedProof } from '../../core/trace/refused-proof.ts';
import type { TraceEntry, TraceKind } from '../../core/trace/trace-entry.ts';
import type { PacketFate } from './packet-fate.ts';
import type { Outcome } from './rehearsal-sink.ts';

/** The result of a source at a door, and why it got no further. */
export type CourseVerdict = {
  readonly source: Address;
  /** Absent if the source reached no door. */
  readonly door?: string;
  readonly opened: boolean;
  /** A sentence without its full stop. */
  readonly why: string;
};

type Trace = {
  /** The last code, or half of one, and the door that it opened. */
  code: { readonly entry: TraceEntry; readonly opened?: string } | undefined;
  readonly entries: TraceEntry[];
  /** The last packet of the source, while it had no result. */
  open: { readonly step: SequenceStep; readonly at: Instant } | undefined;
  /** Number of pending attempts. */
  pending: number;
};

/** BOUNDED: sources followed, and entries of each. The oldest is dropped. */
const MAX_SOURCES = 10_000;
const MAX_ENTRIES = 256;

/** How an event appears in the trace of a source. */
const KINDS: Readonly<Partial<Record<LogEvent['kind'], TraceKind>>> = {
  stage: 'advanced',
  failed: 'failed',
  expired: 'expired',
  evicted: 'evicted',
  withheld: 'withheld',
  completed: 'completed',
  extended: 'extended',
  refused: 'refused',
  'command-timeout': 'closed',
};

/** Says for each source at each door whether it opened, and if not, why, in the words of `bussa explain`. */
export class Verdicts {
  readonly #doors: readonly Door[];
  readonly #clock: (at: Instant) => string;
  readonly #traces = new Map<Address, Trace>();

  constructor(doors: readonly Door[], clock: (at: Instant) => string) {
    this.#doors = doors;
    this.#clock = clock;
  }

  packet(source: Address, step: SequenceStep, flags: number, became: PacketFate, at: Instant): void {
    const trace = this.#trace(source);
    settle(trace);
    if (became === 'code-half') this.#setCode(trace, became, at);
    else if (became === 'code') trace.code = undefined;
    else if (became === 'knock') trace.open = { step, at };
    else if (became === 'not-taken')
      this.#add(trace, this.#isOfFlags(step, flags) ? 'flags' : 'elsewhere', at, { step, flags });
    // Unlike the daemon's traces, this one also holds packets to ports of no door, in place of a knock.
    else if (became !== 'no-door') this.#add(trace, became, at, { step });
    else if (trace.pending > 0) this.#add(trace, 'tripwire', at, { step });
  }

  outcome(outcome: Outcome, at: Instant): void {
    if (outcome.kind !== 'event') {
      const trace = this.#trace(outcome.source);
      const kind = outcome.kind === 'would-close' ? 'closed' : 'opened';
      const last = trace.entries.at(-1);
      const isTold = last?.kind === 'closed' || last?.kind === 'opened';
      if (!(isTold && last.at === at)) this.#add(trace, kind, at, { door: outcome.door });
      return;
    }
    const { event } = outcome;
    if (event.kind === 'proof-refused') {
      this.#setCode(this.#trace(event.source), 'code-refused', at, { reason: event.reason });
      return;
    }
    if (event.kind === 'completed' && event.proof === 'code') {
      this.#setCode(this.#trace(event.source), 'completed', at, { opened: event.door });
      return;
    }
    if (event.kind === 'refused' && this.#trace(event.source).code?.opened === event.door) {
      this.#setCode(this.#trace(event.source), 'code-refused', at, { reason: event.reason });
      return;
    }
    const kind = KINDS[event.kind];
    if (kind === undefined || !('source' in event) || !('door' in event)) return;
    const trace = this.#trace(event.source);
    const stage = 'stage' in event ? event.stage : 0;
    const reason = 'reason' in event ? event.reason : undefined;
    this.#add(trace, kind, at, { door: event.door, stage, reason, step: trace.open?.step });
    if (kind === 'advanced' && stage === 1) trace.pending++;
    if (kind === 'failed' || kind === 'expired' || kind === 'completed' || kind === 'withheld')
      trace.pending--;
    trace.open = undefined;
  }

  all(): readonly CourseVerdict[] {
    return [...this.#traces].flatMap(([source, trace]) => {
      settle(trace);
      const code = this.#codeVerdict(source, trace);
      const names = new Set(trace.entries.flatMap(({ door }) => door?.name ?? []));
      const doors = names.size === 0 && code.length === 0 ? [undefined] : [...names];
      return [...doors.map((name) => this.#judge(source, trace, name)), ...code];
    });
  }

  #codeVerdict(source: Address, { code }: Trace): readonly CourseVerdict[] {
    if (code === undefined) return [];
    const { entry, opened: door } = code;
    if (door !== undefined)
      return [{ source, door, opened: true, why: `the code at ${this.#clock(entry.at)} was right` }];
    const refused = explainRefusedProof([entry], undefined, this.#clock);
    return refused === undefined ? [] : [{ source, opened: false, why: refused.sentence }];
  }

  #setCode(
    trace: Trace,
    kind: TraceKind,
    at: Instant,
    { reason, opened }: { readonly reason?: string; readonly opened?: string } = {},
  ): void {
    const more = reason === undefined ? {} : { reason };
    const entry: TraceEntry = { ...{ kind, at, lastAt: at, count: 1, stage: 0 }, ...more };
    trace.code = { entry, ...(opened === undefined ? {} : { opened }) };
  }

  #judge(source: Address, { entries }: Trace, name: string | undefined): CourseVerdict {
    const concerning = entries.filter(({ door }) => door === undefined || door.name === name);
    const { kind, door, sentence } = explainTrace(concerning, {
      ...{ source, doors: this.#doors, clock: this.#clock, since: instant(0), evicted: false, open: [] },
      now: instant(Number.POSITIVE_INFINITY),
    });
    const shown = name ?? door;
    return {
      source,
      ...(shown === undefined ? {} : { door: shown }),
      opened: kind === 'was-open' || kind === 'completed',
      why: kind === 'nothing' ? 'none of these ports is a knock of a door' : sentence,
    };
  }

  #isOfFlags({ protocol, port }: SequenceStep, flags: number): boolean {
    const concerned = this.#doors.filter(({ sequence }) =>
      sequence.some((step) => step.protocol === protocol && step.port === port),
    );
    return protocol === 'tcp' && concerned.some((door) => !meetsFlagRule(door.flags, flags));
  }

  #add(
    trace: Trace,
    kind: TraceKind,
    at: Instant,
    more: {
      readonly step?: SequenceStep | undefined;
      readonly door?: string;
      readonly stage?: number;
      readonly flags?: number;
      readonly reason?: string | undefined;
    },
  ): void {
    const door = this.#doors.find(({ name }) => name === more.door);
    const { step, flags, reason } = more;
    // A completed sequence has all its stages; its event does not say so.
    const stage = kind === 'completed' ? (door?.sequence.length ?? 0) : (more.stage ?? 0);
    trace.entries.push({
      ...{ kind, at, lastAt: at, count: 1, stage },
      ...(step === undefined ? {} : { knock: step }),
      ...(door === undefined ? {} : { door }),
      ...(flags === undefined ? {} : { flags }),
      ...(reason === undefined ? {} : { reason }),
    });
    if (trace.entries.length > MAX_ENTRIES) trace.entries.shift();
  }

  #trace(source: Address): Trace {
    const known = this.#traces.get(source);
    if (known !== undefined) return known;
    const trace: Trace = { code: undefined, entries: [], open: undefined, pending: 0 };
    const oldest = this.#traces.keys().next();
    if (this.#traces.size >= MAX_SOURCES && !oldest.done) this.#traces.delete(oldest.value);
    this.#traces.set(source, trace);
    return trace;
  }
}

/** A packet to a door's port that had no result. */
function settle(trace: Trace): void {
  const { open } = trace;
  if (open === undefined) return;
  trace.entries.push({ kind: 'stray', at: open.at, lastAt: open.at, count: 1, stage: 0, knock: open.step });
  trace.open = undefined;
}
