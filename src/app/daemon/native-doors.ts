import { renderPortOpening } from '../../core/door/port-opening.ts';
import type { Event } from '../../core/event/event.ts';
import type { Lease, LeasePorts } from '../../core/lease/lease.ts';
import { type Millis, millis, since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { Readiness } from '../../host/ffi/readiness.ts';
import { type Firewall, FirewallError, type Gate, type Grant } from '../../host/firewall/firewall.ts';
import type { ChosenFirewall } from './open-firewall.ts';

/** A part that could not be put in place is tried again after this long. */
const AGAIN_MS = 10_000;

/** After somebody has changed the rules: they often do so in several steps. */
const LOOK_AGAIN_MS = 100;

export type NativeDoorsParts = {
  /** Asked for when a door first needs it. Throws a `FirewallError`. */
  readonly openFirewall: () => Promise<ChosenFirewall>;
  readonly clock: Clock;
  /** The leases that hold ports open now. */
  readonly leases: () => readonly Lease[];
  readonly report: (event: Event) => void;
};

/**
 * The doors' part in the firewall: installed as a whole, put back when somebody has taken it away, one change after
 * the other.
 */
export class NativeDoors {
  readonly #parts: NativeDoorsParts;
  #firewall: Firewall | undefined;
  #gates: readonly Gate[] = [];
  #turn: Promise<void> = Promise.resolve();
  #watch: Readiness | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: NativeDoorsParts) {
    this.#parts = parts;
  }

  /** Whether the kernel closes what is open even if no process lives. */
  get closesByItself(): boolean {
    return this.#firewall?.closesByItself === true;
  }

  /**
   * Puts these gates in place, with the leases that are open. What cannot be done is reported, and tried again.
   * Where there is nothing to open, and never was, the firewall is left alone.
   */
  async install(gates: readonly Gate[]): Promise<void> {
    this.#gates = gates;
    const isNeeded = this.#firewall !== undefined || gates.length > 0;
    if (isNeeded || this.#parts.leases().some(isGrantable)) await this.#inTurn(() => this.#installNow());
  }

  /** Opens the lease's ports until its end, or sets a new end. Throws a `FirewallError`. */
  open(lease: Lease): Promise<void> {
    return this.#inTurn(async () => this.#inUse.grant(this.#grant(lease)));
  }

  /** Closes the lease's ports now. Throws a `FirewallError`. */
  close(lease: Lease): Promise<void> {
    return this.#inTurn(async () => this.#inUse.revoke(lease.door, lease.source));
  }

  /** `open`: takes the part out of the firewall, and the ports are as they were without it; `keep`: leaves it. */
  async stop(exit: 'open' | 'keep'): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#watch?.close();
    await this.#inTurn(async () => {
      if (exit === 'open') await this.#firewall?.remove();
      this.#firewall?.close();
    });
  }

  get #inUse(): Firewall {
    if (this.#firewall === undefined) throw new FirewallError('the firewall could not be reached yet');
    return this.#firewall;
  }

  async #installNow(): Promise<void> {
    const { leases, report } = this.#parts;
    const open = leases().filter(isGrantable);
    try {
      const firewall = this.#firewall ?? (await this.#open());
      await firewall.install(
        withLeftover(this.#gates, open),
        open.map((lease) => this.#grant(lease)).filter(({ left }) => left > 0),
      );
    } catch (error) {
      report({ kind: 'error', text: `the doors' ports: ${(error as Error).message}; tried again in 10 s` });
      this.#lookLater(AGAIN_MS);
    }
  }

  async #open(): Promise<Firewall> {
    const { firewall, why } = await this.#parts.openFirewall();
    this.#watch = firewall.watch(() => this.#lookLater(LOOK_AGAIN_MS));
    this.#parts.report({ kind: 'firewall', name: firewall.name, why });
    this.#firewall = firewall;
    return firewall;
  }

  #lookLater(wait: number): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, wait);
  }

  async #look(): Promise<void> {
    await this.#inTurn(async () => {
      if (!this.#stopped && !(await this.#isInPlace())) await this.#installNow();
    });
  }

  async #isInPlace(): Promise<boolean> {
    const { report } = this.#parts;
    const firewall = this.#firewall;
    if (firewall === undefined) return false;
    try {
      if (await firewall.isInPlace()) return true;
      report({ kind: 'warning', text: `${firewall.name}: its rules are gone or changed, and are put back` });
    } catch (error) {
      report({ kind: 'error', text: `${firewall.name}: ${(error as Error).message}` });
    }
    return false;
  }

  #grant(lease: Lease): Grant {
    const left = Math.max(0, since(this.#parts.clock.sinceBoot(), lease.due));
    return { door: lease.door, source: lease.source, left: millis(left) as Millis };
  }

  /** One after the other; what fails fails for its own caller. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** A single-use lease is not given out a second time: whether it has been used only the rules that are gone knew. */
function isGrantable(lease: Lease): lease is Lease & { readonly opened: LeasePorts } {
  return lease.opened !== undefined && !lease.opened.singleUse && lease.state !== 'closing';
}

/** The gates, and those of doors that the configuration has no more but that are open yet. */
function withLeftover(
  gates: readonly Gate[],
  open: readonly (Lease & { readonly opened: LeasePorts })[],
): Gate[] {
  const all = new Map(gates.map((gate) => [gate.door, gate]));
  for (const { door, opened } of open) if (!all.has(door)) all.set(door, { door, ...opened });
  return [...all.values()];
}

/** `tcp/22, udp/51820`, for the log. */
export function renderPorts({ ports }: LeasePorts): string {
  return ports.map(renderPortOpening).join(', ');
}
