import { isDeepStrictEqual } from 'node:util';
import { portsOn } from '../../../core/door/port-opening.ts';
import type { Ingress } from '../../../core/net/ingress.ts';
import type { Gate } from '../../../host/firewall/contract/firewall.ts';

/** The interfaces through which strangers' forwarded packets arrive: as installed in the rules, and as they are now. */
export class IngressFollower {
  readonly #ask: () => readonly Ingress[];
  #known: readonly Ingress[] = [];
  #isNeeded = false;

  constructor(ask: () => readonly Ingress[] = () => []) {
    this.#ask = ask;
  }

  /** The gates, completed for the present interfaces. */
  complete(gates: readonly Gate[]): Gate[] {
    this.#isNeeded = gates.some(({ ports }) => portsOn(ports, 'forward').length > 0);
    this.#known = this.#now();
    return gates.map((gate) => ({ ...gate, ingresses: this.#known }));
  }

  /** Whether the installed rules are outdated. */
  get hasMoved(): boolean {
    return !isDeepStrictEqual(this.#now(), this.#known);
  }

  /** If the interfaces cannot be read now, they count as unchanged. */
  #now(): readonly Ingress[] {
    if (!this.#isNeeded) return [];
    try {
      return this.#ask();
    } catch {
      return this.#known;
    }
  }
}
