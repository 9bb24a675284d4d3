import type { Door } from '../core/door/door.ts';
import type { SequenceStep } from '../core/door/sequence.ts';
import type { Address } from '../core/net/address.ts';
import { meetsFlagRule } from '../core/net/tcp-flags.ts';
import { type Instant, since } from '../core/net/time.ts';
import type { Became } from './became.ts';
import type { Outcome } from './rehearsal-sink.ts';

/** What a source has come to at a door, and why no further. */
export type CourseVerdict = {
  readonly source: Address;
  /** Absent where the source has come to none. */
  readonly door?: string;
  readonly opened: boolean;
  /** A sentence without its full stop. */
  readonly why: string;
};

/** The way of one source at one door. */
type Course = {
  readonly source: Address;
  readonly door: Door;
  /** Knocks matched so far, when the first was, and what came beside them last. */
  stage: number;
  firstAt: Instant;
  stray: SequenceStep | undefined;
  /** How far it was when its time ran out. */
  expiredAt: number;
  opened: boolean;
  why: string;
};

/** BOUNDED: ways that are followed; the oldest is let go. */
const MAX_COURSES = 10_000;

/** Says of each source at each door whether it opened, and if not, why. */
export class Verdicts {
  readonly #doors: ReadonlyMap<string, Door>;
  readonly #courses = new Map<string, Course>();
  /** The sources that have come to no door, and the last of their knocks. BOUNDED: as the ways. */
  readonly #others = new Map<Address, string>();
  #latest: SequenceStep | undefined;

  constructor(doors: readonly Door[]) {
    this.#doors = new Map(doors.map((door) => [door.name, door]));
  }

  packet(source: Address, step: SequenceStep, flags: number, became: Became, at: Instant): void {
    this.#latest = step;
    if (became === 'retransmission') return;
    if (became === 'not-taken') this.#notTaken(source, step, flags);
    for (const course of this.#of(source)) {
      if (became !== 'knock' || !course.door.sequence.some((one) => same(one, step))) course.stray = step;
      judgeLate(course, step, at);
    }
    if (became === 'no-door' && this.#others.size < MAX_COURSES) {
      this.#others.set(source, `no door has ${render(step)} among its knocks`);
    }
  }

  outcome(outcome: Outcome, at: Instant): void {
    if (outcome.kind === 'would-open' || outcome.kind === 'would-run') {
      const course = this.#course(outcome.source, outcome.door, at);
      if (course !== undefined) course.opened = true;
      return;
    }
    if (outcome.kind !== 'event') return;
    const { event } = outcome;
    if (!('source' in event) || !('door' in event)) return;
    const course = this.#course(event.source, event.door, at);
    if (course === undefined) return;
    if (event.kind === 'stage') advance(course, event.stage, at);
    else if (event.kind === 'failed') this.#fail(course, event.stage);
    else if (event.kind === 'expired') expire(course, event.stage);
    else if (event.kind === 'withheld') end(course, TOUCHED);
    else if (event.kind === 'refused')
      end(course, `every knock was right, and it was refused: ${event.reason}`);
    else if (event.kind === 'completed')
      end(course, 'every knock was right, and the door has nothing to open or to run');
    else if (event.kind === 'extended') course.opened = true;
  }

  all(): readonly CourseVerdict[] {
    const verdicts: CourseVerdict[] = [];
    const seen = new Set<Address>();
    for (const { source, door, opened, why } of this.#courses.values()) {
      seen.add(source);
      verdicts.push({ source, door: door.name, opened, why: opened ? 'every knock was right' : why });
    }
    for (const [source, why] of this.#others)
      if (!seen.has(source)) verdicts.push({ source, opened: false, why });
    return verdicts;
  }

  #notTaken(source: Address, step: SequenceStep, flags: number): void {
    for (const door of this.#doors.values()) {
      if (!door.sequence.some((one) => same(one, step))) continue;
      const course = this.#course(source, door.name, 0 as Instant);
      if (course === undefined || course.stage > 0 || course.why !== '') continue;
      const isFlags = step.protocol === 'tcp' && !meetsFlagRule(door.flags, flags);
      course.why = isFlags
        ? `${render(step)} is a knock of it, and the packet has not the TCP flags that the door asks for`
        : `it counts only what is sent to its target, ${door.target}`;
    }
  }

  #fail(course: Course, stage: number): void {
    const hit = this.#latest === undefined ? 'something else' : render(this.#latest);
    course.stage = 0;
    course.why = `${ordinal(stage)} knock hit ${hit} instead of ${expected(course, stage)}`;
  }

  #course(source: Address, name: string, at: Instant): Course | undefined {
    const key = `${source}\n${name}`;
    const known = this.#courses.get(key);
    const door = this.#doors.get(name);
    if (known !== undefined || door === undefined) return known;
    const course: Course = {
      ...{ source, door, stage: 0, firstAt: at, stray: undefined, expiredAt: 0, opened: false, why: '' },
    };
    const oldest = this.#courses.keys().next();
    if (this.#courses.size >= MAX_COURSES && !oldest.done) this.#courses.delete(oldest.value);
    this.#courses.set(key, course);
    return course;
  }

  *#of(source: Address): Generator<Course, void, undefined> {
    for (const name of this.#doors.keys()) {
      const course = this.#courses.get(`${source}\n${name}`);
      if (course !== undefined) yield course;
    }
  }
}

const TOUCHED =
  'every knock was right, and other ports had been touched beside them, as a scan does: now the sequence has to come alone, or twice in a row';

function advance(course: Course, stage: number, at: Instant): void {
  if (stage === 1) {
    course.firstAt = at;
    course.stray = undefined;
  }
  course.stage = stage;
  course.expiredAt = 0;
}

function end(course: Course, why: string): void {
  course.stage = 0;
  course.why = why;
}

function expire(course: Course, stage: number): void {
  const { door, stray } = course;
  course.stage = 0;
  course.expiredAt = stage;
  const limit = seconds(door.seqTimeout);
  course.why =
    stray === undefined
      ? `${stage} of ${door.sequence.length} knocks came within the limit of ${limit}: ${expected(course, stage)} did not`
      : `${ordinal(stage)} knock hit ${render(stray)} instead of ${expected(course, stage)}`;
}

/** The knock that was waited for has come after all. */
function judgeLate(course: Course, step: SequenceStep, at: Instant): void {
  const { door, expiredAt, firstAt } = course;
  const awaited = door.sequence[expiredAt];
  if (expiredAt === 0 || awaited === undefined || !same(awaited, step)) return;
  course.expiredAt++;
  course.why = `the sequence took ${seconds(since(firstAt, at))}, the limit is ${seconds(door.seqTimeout)}`;
}

function expected({ door }: Course, stage: number): string {
  const step = door.sequence[stage];
  return step === undefined ? 'nothing' : render(step);
}

const render = ({ protocol, port }: SequenceStep): string => `${protocol}/${port}`;

const same = (a: SequenceStep, b: SequenceStep): boolean => a.port === b.port && a.protocol === b.protocol;

const seconds = (length: number): string => `${Math.round(length / 10) / 100} s`;

/** Of the knock after so many. */
function ordinal(stage: number): string {
  return (
    ['the first', 'the second', 'the third', 'the fourth', 'the fifth'][stage] ?? `knock ${stage + 1}: the`
  );
}
