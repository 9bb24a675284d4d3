import type { Address } from '../../src/core/net/address.ts';
import { type Millis, millis } from '../../src/core/net/time.ts';
import {
  type Firewall,
  FirewallError,
  type Gate,
  GateError,
  type Grant,
} from '../../src/host/firewall/contract/firewall.ts';

/** A firewall that is a table of this process: who is let in by which door, and what it was asked, in order. */
export class MemoryFirewall implements Firewall {
  readonly name: string;
  readonly closesByItself = true;
  readonly closedPaths = ['input', 'forward'] as const;
  readonly longest: Millis;
  readonly calls: string[] = [];
  readonly open = new Map<string, number>();
  /** Doors that have rules; undefined while nothing stands. */
  gates: Set<string> | undefined;
  /** Doors whose ports are closed, whether or not somebody can be let in. */
  closed = new Set<string>();
  /** Why it cannot be installed. */
  refusal: string | undefined;
  /** The door that cannot be installed here. */
  misfit: string | undefined;
  unknown: readonly Grant[] = [];
  onChange: () => void = () => undefined;

  constructor(name: string, longest = millis(Number.POSITIVE_INFINITY)) {
    this.name = name;
    this.longest = longest;
  }

  async install(gates: readonly Gate[], grants: readonly Grant[]): Promise<readonly Grant[]> {
    this.calls.push(`install ${grants.map(({ source }) => source).join(' ')}`.trimEnd());
    if (this.refusal !== undefined) throw new FirewallError(this.refusal);
    const misfit = gates.find(({ door, shut = false }) => door === this.misfit && !shut);
    if (misfit !== undefined) throw new GateError(misfit.door, `${misfit.door} has no place here`);
    this.gates = new Set(gates.flatMap(({ door, shut = false }) => (shut ? [] : [door])));
    this.closed = new Set(gates.map(({ door }) => door));
    this.open.clear();
    for (const grant of grants) this.#put(grant);
    return this.unknown;
  }

  async howToOpen(): Promise<string | undefined> {
    return this.gates === undefined ? undefined : `open ${this.name}`;
  }

  async grant(grant: Grant): Promise<void> {
    this.calls.push(`grant ${grant.source}`);
    this.#require(grant);
    this.#put(grant);
  }

  async grantAll(grants: readonly Grant[]): Promise<void> {
    this.calls.push(`grant ${grants.length} at once`);
    for (const grant of grants) this.#require(grant);
    for (const grant of grants) this.#put(grant);
  }

  async revoke(door: string, source: Address): Promise<void> {
    this.calls.push(`revoke ${source}`);
    this.open.delete(`${door} ${source}`);
  }

  async isInPlace(): Promise<boolean> {
    return this.gates !== undefined;
  }

  watch(onChange: () => void): ReturnType<Firewall['watch']> {
    this.onChange = onChange;
    return { pause: () => undefined, resume: () => undefined, close: () => this.calls.push('unwatch') };
  }

  async remove(): Promise<void> {
    this.calls.push('remove');
    this.gates = undefined;
  }

  close(): void {
    this.calls.push('close');
  }

  #put({ door, source, left }: Grant): void {
    this.open.set(`${door} ${source}`, left);
  }

  #require({ door, source }: Grant): void {
    if (this.gates?.has(door) !== true) throw new FirewallError(`${door} has no rules to open for ${source}`);
  }
}
