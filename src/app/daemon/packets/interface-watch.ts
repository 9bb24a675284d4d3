import type { InterfaceSetting } from '../../../core/config/values/parse-interfaces.ts';
import type { Event } from '../../../core/event/event.ts';
import { compareInterfaces, type HostInterface } from '../../../core/net/host-interface.ts';
import { type Instant, instant } from '../../../core/net/time.ts';
import { indexesNamed, Topology } from '../../../core/net/topology.ts';
import { OwnAddresses } from '../../../core/origin/own-addresses.ts';
import type { Readiness } from '../../../host/ffi/readiness.ts';
import {
  type LocalRoutes,
  readInterfaces,
  readLocalRoutes,
  watchInterfaces,
} from '../../../host/interfaces/interfaces.ts';

/**
 * Pause after a change before the interfaces are read again: at least this, and this many times the length of the last
 * read.
 */
const PAUSE_MS = 5;
const PAUSE_FACTOR = 10;

/** Delay after a failed read. */
const AGAIN_MS = 1000;

/**
 * Interval of reads without a change notice, in case one was missed. If a read takes long (a router's routes, for
 * `auto`), the interval is this many times its length: at most 1 % of the time is spent on reading.
 */
const LOOK_EVERY_MS = 30_000;
const LOOK_FACTOR = 100;

/**
 * Follows the host's interfaces and addresses. The capture always hears all interfaces; this class tells which of its
 * packets count.
 */
export class InterfaceWatch {
  #choice: InterfaceSetting;
  #routes: boolean;
  readonly #report: (event: Event) => void;
  #interfaces: readonly HostInterface[] = [];
  #addresses = new OwnAddresses([]);
  #topology = new Topology([]);
  #lookedAt = instant(0);
  #isCut = false;
  /** The interfaces that count; undefined: all. */
  #indexes: ReadonlySet<number> | undefined;
  #readiness: Readiness | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextLook: NodeJS.Timeout | undefined;
  #pauseMs = PAUSE_MS;

  /** `routes`: whether the default routes are needed. */
  constructor(choice: InterfaceSetting, routes: boolean, report: (event: Event) => void) {
    this.#choice = choice;
    this.#routes = routes;
    this.#report = report;
  }

  /** The addresses of this host. */
  get addresses(): OwnAddresses {
    return this.#addresses;
  }

  get topology(): Topology {
    return this.#topology;
  }

  /** Wall-clock time of the last read. */
  get lookedAt(): Instant {
    return this.#lookedAt;
  }

  get interfaces(): readonly HostInterface[] {
    return this.#interfaces;
  }

  /** The interfaces that are listened on. */
  get heard(): readonly HostInterface[] {
    return this.#interfaces.filter(({ index }) => this.hears(index));
  }

  /** Shown where knockd shows an interface name: `eth0`, `eth0, wlan0`, `all interfaces`. */
  get listeningOn(): string {
    if (this.#choice.kind === 'named') return this.#choice.names.join(', ');
    if (this.#choice.kind === 'any') return 'all interfaces';
    const names = this.#interfaces.filter((one) => one.defaultRoute).map((one) => one.name);
    return `the default route's interface (${names.length === 0 ? 'none yet' : names.join(', ')})`;
  }

  start(): void {
    // Subscribe before reading: a change in between is read twice, not missed.
    this.#follow();
    this.#look();
    this.#reportMissing();
  }

  /** Reads everything now, even without a change notice. */
  checkNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#readAgain();
  }

  /** Listens on other interfaces from now on. If the new subscription fails, the old one stays. */
  choose(choice: InterfaceSetting, routes: boolean): void {
    this.#choice = choice;
    this.#routes = routes;
    this.#hear();
    this.#follow();
    this.checkNow();
    this.#reportMissing();
  }

  hears(interfaceIndex: number): boolean {
    return this.#indexes === undefined || this.#indexes.has(interfaceIndex);
  }

  close(): void {
    this.#readiness?.close();
    this.#readiness = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#nextLook);
    this.#timer = undefined;
  }

  get #query(): { routes: boolean } {
    return { routes: this.#routes || this.#choice.kind === 'auto' };
  }

  /** The new subscription exists before the old one is closed. */
  #follow(): void {
    const before = this.#readiness;
    this.#readiness = watchInterfaces(this.#query, () => this.#changed());
    before?.close();
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#readAgain();
    }, this.#pauseMs);
  }

  #readAgain(): void {
    const before = this.#interfaces;
    try {
      this.#look();
    } catch (error) {
      // There may be no free descriptor, for example. The last known state counts until it can be read.
      this.#report({ kind: 'error', text: `the interfaces cannot be read: ${(error as Error).message}` });
      this.#pauseMs = AGAIN_MS;
      this.#changed();
      return;
    }
    for (const change of compareInterfaces(before, this.#interfaces)) {
      this.#report({ kind: 'interface', change });
    }
  }

  #look(): void {
    const started = performance.now();
    const interfaces = readInterfaces(this.#query);
    this.#apply(interfaces, readLocalRoutes(interfaces));
    const took = performance.now() - started;
    this.#lookedAt = instant(Date.now());
    this.#pauseMs = Math.max(PAUSE_MS, took * PAUSE_FACTOR);
    clearTimeout(this.#nextLook);
    this.#nextLook = setTimeout(() => this.#readAgain(), Math.max(LOOK_EVERY_MS, took * LOOK_FACTOR)).unref();
  }

  #apply(interfaces: readonly HostInterface[], { routes, isCut }: LocalRoutes): void {
    if (isCut && !this.#isCut) {
      const text = `there are more than ${routes.length} local routes: the addresses of the others do not count as this host’s own`;
      this.#report({ kind: 'warning', text });
    }
    this.#isCut = isCut;
    this.#interfaces = interfaces;
    this.#addresses = new OwnAddresses(
      interfaces.flatMap((one) => one.addresses),
      routes,
    );
    this.#topology = new Topology(interfaces);
    this.#hear();
  }

  #hear(): void {
    const choice = this.#choice;
    const interfaces = this.#interfaces;
    if (choice.kind === 'any') this.#indexes = undefined;
    else if (choice.kind === 'named') this.#indexes = indexesNamed(interfaces, choice.names);
    else this.#indexes = new Set(interfaces.filter((one) => one.defaultRoute).map((one) => one.index));
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
