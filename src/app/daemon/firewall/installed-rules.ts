import { isDeepStrictEqual } from 'node:util';
import type { Event } from '../../../core/event/event.ts';
import type { Readiness } from '../../../host/ffi/readiness.ts';
import { type Firewall, type Gate, GateError, type Grant } from '../../../host/firewall/contract/firewall.ts';
import type { ChosenFirewall, FirewallSettings } from './open-firewall.ts';

export type InstalledRulesParts = {
  /** Throws a `FirewallError`. */
  readonly openFirewall: (settings: FirewallSettings) => Promise<ChosenFirewall>;
  readonly report: (event: Event) => void;
  /** Somebody else has changed the rules. */
  readonly onChange: () => void;
};

type InUse = ChosenFirewall & { readonly settings: FirewallSettings; readonly watch: Readiness };

/**
 * The doors' part in whichever firewall the settings ask for. When they ask for another one, the new part stands before
 * the old one goes: there is no moment in which neither closes. The caller makes one change at a time.
 */
export class InstalledRules {
  readonly #parts: InstalledRulesParts;
  #settings: FirewallSettings = {};
  #inUse: InUse | undefined;
  /** Doors that are not in the part, and why. BOUNDED: by the gates. */
  readonly #leftOut = new Map<string, string>();
  /** Doors that are. BOUNDED: likewise. */
  #standing: ReadonlySet<string> = new Set();
  /** What an earlier choice has left, or an earlier process, is gone. */
  #isAlone = false;
  #hasFoundPart: boolean | undefined;

  constructor(parts: InstalledRulesParts) {
    this.#parts = parts;
  }

  /** `undefined` as long as none could be opened, or was needed. */
  get firewall(): Firewall | undefined {
    return this.#inUse?.firewall;
  }

  /** Whether a part of Bussa's stood there when this process first closed ports: a dead daemon's. */
  get hasFoundPart(): boolean {
    return this.#hasFoundPart === true;
  }

  /** Why this one was chosen. */
  get why(): string | undefined {
    return this.#inUse?.why;
  }

  /** Whether the part stands, with these leases in it. What cannot be read is reported, and does not stand. */
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

  /** The command that opens what is closed now. `undefined` where nothing is. */
  async howToOpen(): Promise<string | undefined> {
    try {
      return await this.firewall?.howToOpen();
    } catch (error) {
      return `cannot list the rules in ${this.firewall?.name}: ${(error as Error).message}`;
    }
  }

  /** Which firewall the next `install` is to use. */
  choose({ firewall, attach }: FirewallSettings): void {
    this.#settings = {
      ...(firewall === undefined ? {} : { firewall }),
      ...(attach === undefined ? {} : { attach }),
    };
  }

  /** Why a door is not in the part, where it has no place in this firewall. */
  skipReason(door: string): string | undefined {
    return this.#leftOut.get(door);
  }

  /** Whether the door's rules stand, as far as this process knows. */
  has(door: string): boolean {
    return this.#standing.has(door);
  }

  /**
   * As `Firewall.install`. Where another firewall is asked for and cannot be had, the one in use stays. A door that has
   * no place here is left out: its ports are closed to everybody, and it keeps no other from being there. Throws a
   * `FirewallError`.
   */
  async install(gates: readonly Gate[], grants: readonly Grant[]): Promise<readonly Grant[]> {
    this.#leftOut.clear();
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
    // The rules may be gone, and to find out which firewalls there are takes programs: the ports are closed first.
    const first = await settle(current.firewall.install(gates, grants, true));
    const changed = (await current.isOutdated()) ? await this.#tryChange(current, gates, grants) : undefined;
    if (first.kind === 'failed' && changed === undefined) throw first.error;
    return [...(first.kind === 'done' ? first.unknown : []), ...(changed ?? [])];
  }

  /** `undefined` where the firewall in use has to stay. */
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

  /** Whether another firewall is to be found now than the one in use. */
  async isOutdated(): Promise<boolean> {
    return (await this.#inUse?.isOutdated()) === true;
  }

  /** Takes away what an earlier choice has left. Returns whether nothing of it is there any more. */
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

  /** Nothing is heard of changes any more. */
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
