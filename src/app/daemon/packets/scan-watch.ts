import type { HashKey } from '../../../core/attempt/keyed-hash.ts';
import { MAX_PENALTIES, ScanGuard, type ScanPolicy } from '../../../core/attempt/scan-guard.ts';
import { type Config, DEFAULT_SCAN_PENALTY, type Settings } from '../../../core/config/file/config.ts';
import { BLIND_SHARE, DecoyPorts, type HostPorts, isShareBlind } from '../../../core/decoy/decoy-ports.ts';
import { drawShare, EXAMPLE_SHARE, type PortShare } from '../../../core/decoy/port-share.ts';
import { codeDoors, type Door } from '../../../core/door/door.ts';
import type { Event } from '../../../core/event/event.ts';
import { renderCaptureFilter } from '../../../core/filter/capture-filter.ts';
import type { Packet } from '../../../core/packet/packet.ts';
import { readEphemeralPorts, readServedPorts } from '../../../host/ports/host-ports.ts';
import { readTcpListeners } from '../../../host/ports/tcp-listeners.ts';

/**
 * Pause between two reads of the ports in use: at least this, and this many times the length of the last one. The ports
 * are read only when a decoy port is touched.
 */
const LOOK_MS = 1000;
const LOOK_FACTOR = 200;

/** Knock ports of removed doors, such as used one-time sequences. BOUNDED: the latest ones. */
const FORMER_PORTS = 256;

/** What the kernel filter passes, and what the engine does with it. */
export type Watch = {
  readonly doors: readonly Door[];
  readonly config: Config;
  readonly filter: string;
  readonly policy: ScanPolicy | undefined;
  readonly ports: HostPorts | undefined;
};

/** Places the decoy ports between the ports in use, and removes one when a service starts there. */
export class ScanWatch {
  readonly guard: ScanGuard;
  readonly secret: HashKey;
  readonly #share: PortShare;
  readonly #ipv6: boolean;
  readonly #setFilter: (filter: string) => void;
  readonly #report: (event: Event) => void;
  #watch: Watch | undefined;
  #former: readonly number[] = [];
  #nextLook = Number.NEGATIVE_INFINITY;
  #isBlindTold = false;

  constructor(
    secret: HashKey,
    ipv6: boolean,
    setFilter: (filter: string) => void,
    report: (event: Event) => void,
  ) {
    this.secret = secret;
    this.guard = new ScanGuard(MAX_PENALTIES, secret);
    this.#share = drawShare(secret);
    this.#ipv6 = ipv6;
    this.#setFilter = setFilter;
    this.#report = report;
  }

  /** Prepares a watch for those doors and the ports now in use. Nothing changes until `adopt`. */
  prepare(doors: readonly Door[], config: Config): Watch {
    const { settings } = config;
    const codes = codeDoors(config.doors);
    const penalty = settings.scanPenalty ?? DEFAULT_SCAN_PENALTY;
    const codePenalty = codes.length === 0 ? 0 : Math.max(penalty, DEFAULT_SCAN_PENALTY);
    if (settings.scanGuard === 'off') {
      const filter = renderCaptureFilter(doors, { ipv6: this.#ipv6, codes });
      const policy = codes.length === 0 ? undefined : { penalty: 0, codePenalty };
      return { doors, config, filter, policy, ports: undefined };
    }
    const ports = this.#hostPorts(settings);
    const decoys = new DecoyPorts(doors, ports, this.#share, codes);
    const filter = renderCaptureFilter(doors, { ipv6: this.#ipv6, decoys, codes });
    const policy = { decoys, penalty, codePenalty };
    return { doors, config, filter, policy, ports };
  }

  /** The caller sets the filter. */
  adopt(watch: Watch): void {
    this.#watch = watch;
    this.guard.follow(watch.policy);
    if (this.#isBlindTold || watch.ports === undefined || !isShareBlind(watch.doors, watch.ports.ephemeral))
      return;
    this.#isBlindTold = true;
    this.#report({ kind: 'warning', text: BLIND_SHARE });
  }

  /** Watches other doors. Throws, and changes nothing, if the kernel's filter cannot hold them. */
  replace(doors: readonly Door[], config: Config): void {
    const current = new Set(knockPorts(doors));
    const gone = knockPorts(this.#watch?.doors ?? []).filter((port) => !current.has(port));
    this.#former = [...new Set([...gone, ...this.#former])].slice(0, FORMER_PORTS);
    this.#use(this.prepare(doors, config));
  }

  #use(watch: Watch): void {
    this.#setFilter(watch.filter);
    this.adopt(watch);
  }

  /** Milliseconds. */
  get penalty(): number {
    return this.#watch?.policy?.penalty ?? 0;
  }

  get policy(): ScanPolicy | undefined {
    return this.#watch?.policy;
  }

  get filter(): string {
    return this.#watch?.filter ?? '';
  }

  /** The filter with another share of decoy ports in place of the secret one, for display. It has the same cost. */
  get filterWithoutSecret(): string {
    if (this.#watch?.ports === undefined) return this.filter;
    const { doors, config, ports } = this.#watch;
    const codes = codeDoors(config.doors);
    const decoys = new DecoyPorts(doors, ports, EXAMPLE_SHARE, codes);
    return renderCaptureFilter(doors, { ipv6: this.#ipv6, decoys, codes });
  }

  /** Whether the decoy port that the packet touches is in use now. `now`: any clock in ms. */
  isServedNow(packet: Packet, now: number): boolean {
    const watch = this.#watch;
    if (watch?.policy === undefined || now < this.#nextLook) return false;
    const started = performance.now();
    try {
      const current = this.prepare(watch.doors, watch.config);
      if (JSON.stringify(current.ports) !== JSON.stringify(watch.ports)) this.#use(current);
    } catch (error) {
      const text = `the ports in use cannot be read: ${(error as Error).message}; the last list stays in use`;
      this.#report({ kind: 'error', text });
    }
    this.#nextLook = now + Math.max(LOOK_MS, (performance.now() - started) * LOOK_FACTOR);
    return !this.guard.watches(packet);
  }

  #hostPorts({ scanIgnore, signedPort }: Settings): HostPorts {
    const ports = [...readServedPorts(readTcpListeners), ...(signedPort === undefined ? [] : [signedPort])];
    const served = ports.map((port) => ({ first: port, last: port }));
    return {
      served: [...served, ...(scanIgnore ?? [])],
      ephemeral: readEphemeralPorts(),
      former: this.#former,
    };
  }
}

function knockPorts(doors: readonly Door[]): number[] {
  return doors.flatMap(({ sequence }) => sequence.map(({ port }) => port));
}
