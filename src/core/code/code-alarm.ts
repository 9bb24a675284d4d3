/** This many wrong codes at a door within a day, from any sources, raise the alarm. */
export const ALARM_CODES = 20;
export const ALARM_MS = 86_400_000;

/**
 * Counts wrong codes per door, whoever sends them: a guesser with many addresses would get no penalty at any of them.
 * BOUNDED: by the doors.
 */
export class CodeAlarm {
  readonly #doors = new Map<string, { readonly times: Float64Array; next: number }>();

  /** Records a wrong code at the door. Returns whether the alarm starts now. */
  note(door: string, now: number): boolean {
    let one = this.#doors.get(door);
    if (one === undefined) {
      one = { times: new Float64Array(ALARM_CODES).fill(Number.NEGATIVE_INFINITY), next: 0 };
      this.#doors.set(door, one);
    }
    const wasRaised = this.isRaised(door, now);
    one.times[one.next] = now;
    one.next = (one.next + 1) % ALARM_CODES;
    return !wasRaised && this.isRaised(door, now);
  }

  /** Whether one right code is not enough now: the oldest of the last `ALARM_CODES` wrong ones is recent. */
  isRaised(door: string, now: number): boolean {
    const one = this.#doors.get(door);
    // The next one to be overwritten is the oldest.
    return one !== undefined && Math.abs(now - (one.times[one.next] as number)) <= ALARM_MS;
  }

  /** Forgets removed doors. */
  keep(doors: ReadonlySet<string>): void {
    for (const name of this.#doors.keys()) if (!doors.has(name)) this.#doors.delete(name);
  }
}
