import type { InterfaceChoice } from '../../core/config/config.ts';
import type { Event } from '../../core/event/event.ts';
import { AddressTable } from '../../core/net/address-table.ts';
import { compareInterfaces, type HostInterface } from '../../core/net/host-interface.ts';
import type { Readiness } from '../../host/ffi/readiness.ts';
import { readInterfaces, watchInterfaces } from '../../host/system/interfaces.ts';

/** After a change, the time until the next reading: at least this, and this many times what the last one took. */
const PAUSE_MS = 5;
const PAUSE_FACTOR = 10;

/** After a reading that failed. */
const AGAIN_MS = 1000;

/**
 * Follows the interfaces and addresses of the host. The capture hears all interfaces at all times; this tells which
 * of its packets count.
 */
export class InterfaceWatch {
  #choice: InterfaceChoice;
  readonly #report: (event: Event) => void;
  #interfaces: readonly HostInterface[] = [];
  #addresses = new AddressTable([], { loopback: true });
  /** The interfaces that count; undefined when all do. */
  #indexes: ReadonlySet<number> | undefined;
  #readiness: Readiness | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = PAUSE_MS;

  constructor(choice: InterfaceChoice, report: (event: Event) => void) {
    this.#choice = choice;
    this.#report = report;
  }

  /** The addresses of this host. */
  get addresses(): AddressTable {
    return this.#addresses;
  }

  get interfaces(): readonly HostInterface[] {
    return this.#interfaces;
  }

  /** Those that are listened on. */
  get heard(): readonly HostInterface[] {
    return this.#interfaces.filter(({ index }) => this.hears(index));
  }

  /** In knockd's place of an interface name: `eth0`, `eth0, wlan0`, `all interfaces`. */
  get listeningOn(): string {
    if (this.#choice.kind === 'named') return this.#choice.names.join(', ');
    if (this.#choice.kind === 'any') return 'all interfaces';
    const names = this.#interfaces.filter((one) => one.defaultRoute).map((one) => one.name);
    return `the default route's interface (${names.length === 0 ? 'none yet' : names.join(', ')})`;
  }

  start(): void {
    // Watching comes first: a change between the two is read twice rather than never.
    this.#readiness = watchInterfaces(this.#query, () => this.#changed());
    this.#take(readInterfaces(this.#query));
    this.#reportMissing();
  }

  /** Listens to other interfaces from now on. */
  choose(choice: InterfaceChoice): void {
    this.close();
    this.#choice = choice;
    this.start();
  }

  hears(interfaceIndex: number): boolean {
    return this.#indexes === undefined || this.#indexes.has(interfaceIndex);
  }

  close(): void {
    this.#readiness?.close();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #query(): { routes: boolean } {
    return { routes: this.#choice.kind === 'auto' };
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#readAgain();
    }, this.#pauseMs);
  }

  #readAgain(): void {
    const started = performance.now();
    const before = this.#interfaces;
    try {
      this.#take(readInterfaces(this.#query));
    } catch (error) {
      // No free descriptor, for one: what was known goes on counting until it can be read.
      this.#report({ kind: 'error', text: `the interfaces cannot be read: ${(error as Error).message}` });
      this.#pauseMs = AGAIN_MS;
      this.#changed();
      return;
    }
    this.#pauseMs = Math.max(PAUSE_MS, (performance.now() - started) * PAUSE_FACTOR);
    for (const change of compareInterfaces(before, this.#interfaces)) {
      this.#report({ kind: 'interface', change });
    }
  }

  #take(interfaces: readonly HostInterface[]): void {
    this.#interfaces = interfaces;
    this.#addresses = new AddressTable(
      interfaces.flatMap((one) => one.addresses),
      { loopback: true },
    );
    const choice = this.#choice;
    if (choice.kind === 'any') this.#indexes = undefined;
    else {
      const chosen = interfaces.filter((one) =>
        choice.kind === 'auto' ? one.defaultRoute : choice.names.includes(one.name),
      );
      this.#indexes = new Set(chosen.map((one) => one.index));
    }
  }

  #reportMissing(): void {
    if (this.#choice.kind !== 'named') return;
    for (const name of this.#choice.names) {
      if (!this.#interfaces.some((one) => one.name === name)) {
        this.#report({ kind: 'interface-missing', name });
      }
    }
  }
}
