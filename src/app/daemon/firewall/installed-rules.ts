import { isDeepStrictEqual } from 'node:util';
import type { Event } from '../../../core/event/event.ts';
import type { Readiness } from '../../../host/ffi/readiness.ts';
import { type Firewall, type Gate, GateError, type Grant } from '../../../host/firewall/contract/firewall.ts';
import type { ChosenFirewall, FirewallSettings } from './open-firewall.ts';

export type InstalledRulesParts = {
  /** Throws a `FirewallError`. */
  readonly openFirewall: (settings: FirewallSettings) => Promise<ChosenFirewall>;
  readonly report: (event: Event) => void;
  /** Called when another program changed the rules. */
  readonly onChange: () => void;
};

type InUse = ChosenFirewall & { readonly settings: FirewallSettings; readonly watch: Readiness };

/**
 * The doors' rules in the selected firewall. When another one is selected, the new rules are installed before the old
 * ones are removed, so the ports never stay open in between. The caller makes one change at a time.
 */
export class InstalledRules {
  readonly #parts: InstalledRulesParts;
  #settings: FirewallSettings = {};
  #inUse: InUse | undefined;
  /** Doors that are not in the rules, and why. BOUNDED: by the gates. */
  readonly #leftOut = new Map<string, string>();
  /** Doors that are in the rules. BOUNDED: by the gates. */
  #standing: ReadonlySet<string> = new Set();
  /** No rules of an earlier choice or an earlier process are left. */
  #isAlone = false;
  #hasFoundPart: boolean | undefined;
  #installs = 0;

  constructor(parts: InstalledRulesParts) {
    this.#parts = parts;
  }

  /** `undefined` until a firewall has been needed and could be opened. */
  get firewall(): Firewall | undefined {
    return this.#inUse?.firewall;
  }

  /** Whether Bussa's rules existed when this process first closed ports: a dead daemon left them. */
  get hasFoundPart(): boolean {
    return this.#hasFoundPart === true;
  }

  /** Nothing has been installed before the present rules. */
  get isFirst(): boolean {
    return this.#installs === 1;
  }

  /** Why this one was chosen. */
  get why(): string | undefined {
    return this.#inUse?.why;
  }

  /** Whether the rules exist, with these leases in them. If they cannot be read, reports it and returns false. */
  async holds(grants: readonly Grant[]): Promise<boolean> {
    const { firewall } = this;
    if (firewall === undefined) return false;
    try {
      return await firewall.isInPlace(grants);
    } catch (error) {
      this.#parts.report({ kind: 'error', text: `${firewall.name}: ${(error as Error).message}` });
      return false;
    }
  }

  /** The command that opens the closed ports. `undefined`: none is closed. */
  async howToOpen(): Promise<string | undefined> {
    try {
      return await this.firewall?.howToOpen();
    } catch (error) {
      return `cannot list the rules in ${this.firewall?.name}: ${(error as Error).message}`;
    }
  }

  /** Selects the firewall for the next `install`. */
  choose({ firewall, attach }: FirewallSettings): void {
    this.#settings = {
      ...(firewall === undefined ? {} : { firewall }),
      ...(attach === undefined ? {} : { attach }),
    };
  }

  /** Why a door is not in the rules, if this firewall cannot serve it. */
  skipReason(door: string): string | undefined {
    return this.#leftOut.get(door);
  }

  /** Whether the door's rules are in place, as far as this process knows. */
  has(door: string): boolean {
    return this.#standing.has(door);
  }

  /**
   * As `Firewall.install`. If another firewall is selected but cannot be opened, the present one stays. A door that
   * this firewall cannot serve is left out: its ports stay closed to everybody, and other doors are not affected.
   * Throws a `FirewallError`.
   */
  async install(gates: readonly Gate[], grants: readonly Grant[]): Promise<readonly Grant[]> {
    this.#leftOut.clear();
    this.#installs++;
    for (let left = gates; ; ) {
      try {
        const isIn = ({ door }: Grant): boolean => !this.#leftOut.has(door);
        const unknown = await this.#installAll(left, grants.filter(isIn));
        this.#standing = new Set(left.flatMap(({ door, shut = false }) => (shut ? [] : [door])));
        return unknown;
      } catch (error) {
        if (!(error instanceof GateError) || this.#leftOut.has(error.door)) throw error;
        this.#leftOut.set(error.door, error.message);
        left = left.map((gate) => (gate.door === error.door ? { ...gate, shut: true } : gate));
        this.#parts.report({
          kind: 'error',
          text: `${error.message}; this door stays shut, the others are in place`,
        });
      }
    }
  }

  async #installAll(gates: readonly Gate[], grants: readonly Grant[]): Promise<readonly Grant[]> {
    const current = this.#inUse;
    if (current === undefined) return this.#change(gates, grants, true);
    if (!isDeepStrictEqual(current.settings, this.#settings)) {
      return (await this.#tryChange(current, gates, grants)) ?? current.firewall.install(gates, grants, true);
    }
    // The rules may be gone. Closing the ports comes first, because detecting the firewalls has to run programs.
    const first = await settle(current.firewall.install(gates, grants, true));
    const changed = (await current.isOutdated()) ? await this.#tryChange(current, gates, grants) : undefined;
    if (first.kind === 'failed' && changed === undefined) throw first.error;
    return [...(first.kind === 'done' ? first.unknown : []), ...(changed ?? [])];
  }

  /** `undefined`: the present firewall has to stay. */
  async #tryChange(
    current: InUse,
    gates: readonly Gate[],
    grants: readonly Grant[],
  ): Promise<readonly Grant[] | undefined> {
    try {
      return await this.#change(gates, grants, false);
    } catch (error) {
      if (error instanceof GateError) throw error;
      this.#settings = current.settings;
      const text =
        `Firewall, Attach: the change failed: ${(error as Error).message}; ` +
        `${current.firewall.name} stays in use until a reload succeeds`;
      this.#parts.report({ kind: 'error', text });
      return undefined;
    }
  }

  /** Whether detection would now select another firewall. */
  async isOutdated(): Promise<boolean> {
    return (await this.#inUse?.isOutdated()) === true;
  }

  /** Removes what an earlier choice left. Returns whether nothing of it remains. */
  async removeOthers(): Promise<boolean> {
    if (this.#isAlone || this.#inUse === undefined) return true;
    const { report } = this.#parts;
    try {
      for (const where of await this.#inUse.removeOthers()) {
        report({ kind: 'warning', text: `${where}: removed Bussa's earlier rules` });
      }
      this.#isAlone = true;
    } catch (error) {
      const text = `Bussa's earlier rules in another firewall could not be removed: ${(error as Error).message}`;
      report({ kind: 'error', text: `${text}; next try in 10 s` });
    }
    return this.#isAlone;
  }

  /** Stops listening for changes. */
  unwatch(): void {
    this.#inUse?.watch.close();
  }

  async #change(
    gates: readonly Gate[],
    grants: readonly Grant[],
    anyway: boolean,
  ): Promise<readonly Grant[]> {
    const settings = this.#settings;
    const chosen = await this.#parts.openFirewall(settings);
    let unknown: readonly Grant[];
    let watch: Readiness;
    try {
      this.#hasFoundPart ??= (await chosen.firewall.howToOpen()) !== undefined;
      unknown = await chosen.firewall.install(gates, grants, anyway);
      watch = chosen.firewall.watch(this.#parts.onChange);
    } catch (error) {
      this.#isAlone = false;
      chosen.firewall.close();
      throw error;
    }
    this.#inUse?.watch.close();
    this.#inUse?.firewall.close();
    this.#inUse = { ...chosen, settings, watch };
    this.#isAlone = false;
    this.#parts.report({ kind: 'firewall', name: chosen.firewall.name, why: chosen.why });
    for (const text of [...(chosen.firewall.warnings ?? []), ...(chosen.warnings ?? [])])
      this.#parts.report({ kind: 'warning', text });
    return unknown;
  }
}

type Installed =
  | { readonly kind: 'done'; readonly unknown: readonly Grant[] }
  | { readonly kind: 'failed'; readonly error: unknown };

function settle(installing: Promise<readonly Grant[]>): Promise<Installed> {
  return installing.then(
    (unknown) => ({ kind: 'done', unknown }),
    (error: unknown) => ({ kind: 'failed', error }),
  );
}
