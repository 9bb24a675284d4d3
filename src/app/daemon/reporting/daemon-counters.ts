import { STEP, type StepKind } from '../../../core/attempt/steps.ts';
import {
  COUNTED,
  type Counted,
  type DaemonCounts,
  type TimedLine,
} from '../../../core/control/daemon-status.ts';
import type { DoorCounts } from '../../../core/control/door-status.ts';
import { type Event, isLogged } from '../../../core/event/event.ts';
import { eventLevel, renderEvent } from '../../../core/event/render-event.ts';
import type { Instant } from '../../../core/net/time.ts';

const PLACES = Object.fromEntries(COUNTED.map((what, place) => [what, place])) as Record<Counted, number>;

const STEP_PLACES: Readonly<Record<StepKind, number>> = {
  [STEP.advanced]: PLACES.advanced,
  [STEP.failed]: PLACES.failed,
  [STEP.expired]: PLACES.expired,
  [STEP.evicted]: PLACES.evicted,
  [STEP.completed]: PLACES.completed,
  [STEP.withheld]: PLACES.withheld,
};

const OF_EVENTS: Readonly<Partial<Record<Event['kind'], Counted>>> = {
  extended: 'extended',
  running: 'commands',
  'command-failed': 'commandsFailed',
  reloading: 'reloads',
  'reload-refused': 'reloadsRefused',
  'lease-opened': 'opened',
  'lease-closed': 'closed',
  refused: 'refused',
};

const OF_DOORS: Readonly<Partial<Record<Event['kind'], keyof DoorCounts>>> = {
  'lease-opened': 'opened',
  'lease-closed': 'closed',
  refused: 'refused',
};

const NOTHING: DoorCounts = { completed: 0, opened: 0, closed: 0, refused: 0 };

/** Counts events. No allocation per packet, so a flood costs almost nothing. BOUNDED: by the doors. */
export class DaemonCounters {
  readonly #now: () => Instant;
  readonly #counts = new Float64Array(COUNTED.length);
  #doors = new Map<string, { -readonly [K in keyof DoorCounts]: number }>();
  #lastError: TimedLine | undefined;

  /** `now`: reads the wall clock. */
  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** Replaces the doors. Counts of doors that stay continue. */
  follow(doors: readonly { readonly name: string }[]): void {
    const before = this.#doors;
    this.#doors = new Map(doors.map(({ name }) => [name, before.get(name) ?? { ...NOTHING }]));
  }

  count(what: Counted): void {
    this.#add(PLACES[what]);
  }

  step(kind: StepKind): void {
    this.#add(STEP_PLACES[kind]);
  }

  completed(door: string): void {
    this.#addDoor(door, 'completed');
  }

  /** Called for every reported event, whether or not it is logged. */
  add(event: Event): void {
    const what = OF_EVENTS[event.kind];
    if (what !== undefined) this.count(what);
    const ofDoor = OF_DOORS[event.kind];
    if (ofDoor !== undefined && 'door' in event) this.#addDoor(event.door, ofDoor);
    if (!isLogged(event)) return;
    const level = eventLevel(event);
    if (level === 'warning') this.count('warnings');
    if (level !== 'error') return;
    this.count('errors');
    this.#lastError = { at: this.#now(), text: renderEvent(event) };
  }

  get counts(): DaemonCounts {
    return Object.fromEntries(COUNTED.map((what, place) => [what, this.#counts[place]])) as DaemonCounts;
  }

  countsOf(door: string): DoorCounts {
    return { ...(this.#doors.get(door) ?? NOTHING) };
  }

  get lastError(): TimedLine | undefined {
    return this.#lastError;
  }

  #add(place: number): void {
    this.#counts[place] = (this.#counts[place] as number) + 1;
  }

  #addDoor(door: string, what: keyof DoorCounts): void {
    const counts = this.#doors.get(door);
    if (counts !== undefined) counts[what] += 1;
  }
}
