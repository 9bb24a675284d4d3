import type { DoorSpec } from '../../core/door/door.ts';
import type { Address } from '../../core/net/address.ts';
import { after, type Instant } from '../../core/net/time.ts';
import { commandCall } from './command-call.ts';
import type { DemandOutcome } from './demand-outcome.ts';
import type { LimitedParts } from './lease-actions.ts';
import { reportStart } from './report-outcome.ts';

/** Sources that are kept waiting by a `cooldown`. */
export const MAX_COOLING = 65_536;

/** `again`: it is wanted once more when it has ended. */
type Run = { again: boolean };

/**
 * Doors that run one command and have none to close them. A source's knocks that come while its command runs make
 * it run once more afterwards, however many they are; with a `cooldown`, those within that time after it do nothing.
 * BOUNDED: by the commands that the runner takes; beyond them a knock is refused. By `MAX_COOLING` sources that cool
 * down; the one that began first is let go before its time.
 */
export class CommandDoors {
  readonly #parts: LimitedParts;
  /** Running or waiting. */
  readonly #busy = new Map<string, Run>();
  /** When a source may have the door's command run again, in the order in which they began. */
  readonly #cooling = new Map<string, Instant>();

  constructor(parts: LimitedParts) {
    this.#parts = parts;
  }

  complete(door: DoorSpec, source: Address, command: string): DemandOutcome {
    const key = `${source}\n${door.name}`;
    const run = this.#busy.get(key);
    if (this.#isCooling(key)) return this.#refuse(door, source, 'its cooldown is not over');
    if (run !== undefined) run.again = true;
    else if (this.#parts.runner.hasRoom(door.name, door.limits?.commands))
      this.#start(key, door, source, command);
    else return this.#refuse(door, source, 'too many commands are waiting to run');
    return { kind: 'runs' };
  }

  #start(key: string, door: DoorSpec, source: Address, command: string): void {
    if (door.cooldown !== undefined) this.#cool(key, after(this.#parts.clock.sinceBoot(), door.cooldown));
    this.#parts.tell({ event: 'open', door: door.name, source, ports: [] });
    const run = { again: false };
    this.#busy.set(key, run);
    void this.#run(key, run, { door: door.name, source }, command);
  }

  async #run(
    key: string,
    run: Run,
    { door, source }: { readonly door: string; readonly source: Address },
    command: string,
  ): Promise<void> {
    const { report, runner, limits } = this.#parts;
    const call = { door, purpose: 'start', command, text: command, hasStop: false } as const;
    do {
      run.again = false;
      reportStart(report, { door, source }, await runner.open(commandCall(call, limits.of(door), report)));
    } while (run.again);
    this.#busy.delete(key);
  }

  #isCooling(key: string): boolean {
    const until = this.#cooling.get(key);
    if (until === undefined) return false;
    if (until > this.#parts.clock.sinceBoot()) return true;
    this.#cooling.delete(key);
    return false;
  }

  #cool(key: string, until: Instant): void {
    const first = this.#cooling.keys().next();
    if (this.#cooling.size >= MAX_COOLING && !first.done) this.#cooling.delete(first.value);
    this.#cooling.set(key, until);
  }

  #refuse({ name, opening }: DoorSpec, source: Address, reason: string): DemandOutcome {
    this.#parts.report({ kind: 'refused', source, door: name, reason });
    this.#parts.tell({ event: 'refused', door: name, source, ports: opening.ports ?? [] });
    return { kind: 'refused', reason };
  }
}
