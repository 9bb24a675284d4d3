import { isDeepStrictEqual } from 'node:util';
import { portsOn } from '../../../core/door/port-opening.ts';
import type { Ingress } from '../../../core/net/ingress.ts';
import type { Gate } from '../../../host/firewall/contract/firewall.ts';

/** By which interfaces strangers come whose packets go through this host: as the rules have it, and as it is now. */
export class IngressFollower {
  readonly #ask: () => readonly Ingress[];
  #known: readonly Ingress[] = [];
  #isNeeded = false;

  constructor(ask: () => readonly Ingress[] = () => []) {
    this.#ask = ask;
  }

  /** The gates as they are to be installed now. */
  take(gates: readonly Gate[]): Gate[] {
    this.#isNeeded = gates.some(({ ports }) => portsOn(ports, 'forward').length > 0);
    this.#known = this.#now();
    return gates.map((gate) => ({ ...gate, ingresses: this.#known }));
  }

  /** Whether the rules that stand are not for what is now. */
  get hasMoved(): boolean {
    return !isDeepStrictEqual(this.#now(), this.#known);
  }

  /** What cannot be asked just now is as it was. */
  #now(): readonly Ingress[] {
    if (!this.#isNeeded) return [];
    try {
      return this.#ask();
    } catch {
      return this.#known;
    }
  }
}
