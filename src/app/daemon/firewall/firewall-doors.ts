import type { FirewallStatus } from '../../../core/control/daemon-status.ts';
import type { Event } from '../../../core/event/event.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import { leasePrefix } from '../../../core/lease/lease-prefix.ts';
import type { Instant } from '../../../core/net/time.ts';
import {
  type Firewall,
  FirewallError,
  type Gate,
  type Grant,
} from '../../../host/firewall/contract/firewall.ts';
import { SerialQueue } from '../../../host/serial/serial-queue.ts';
import { CheckTimer } from './check-timer.ts';
import type { FirewallDoorsParts } from './firewall-doors-parts.ts';
import { grantOf, openTogether, unknownUse } from './grant-openings.ts';
import { trackOlderConnections } from './import-connections.ts';
import { IngressFollower } from './ingress-follower.ts';
import { InstalledRules } from './installed-rules.ts';
import { LeaseRenewal } from './lease-renewal.ts';
import type { FirewallSettings } from './open-firewall.ts';
import { OpeningQueue, type QueuedOpening } from './opening-queue.ts';
import { OpeningRehearsal } from './opening-rehearsal.ts';
import { PeriodicCheck } from './periodic-check.ts';
import { hasPorts, isLastLeftover, withLeftover } from './port-leases.ts';
import { retryWhenExhausted } from './retry-when-exhausted.ts';

/**
 * The doors' rules in the firewall. They are installed as a whole and restored if somebody removes them. Changes run
 * one after another. Doors completed together are opened together.
 */
export class FirewallDoors {
  readonly #parts: FirewallDoorsParts;
  readonly #part: InstalledRules;
  readonly #openings = new OpeningQueue();
  /** For rehearsed openings. */
  readonly rehearsal: OpeningRehearsal;
  #gates: readonly Gate[] = [];
  readonly #ingresses: IngressFollower;
  readonly #turns = new SerialQueue();
  readonly #checkTimer = new CheckTimer(() => void this.#inTurn(() => this.#look()));
  readonly #renewal = new LeaseRenewal(() => void this.renew());
  readonly #regularLook: PeriodicCheck;
  /** The rules could not be installed, and `#checkTimer` will retry. */
  #isBroken = false;
  #stopped = false;

  constructor(parts: FirewallDoorsParts) {
    this.#parts = parts;
    const { openFirewall, report } = parts;
    this.#ingresses = new IngressFollower(parts.ingresses);
    this.#regularLook = new PeriodicCheck(parts.clock, () => this.checkNow(), parts.onLooked);
    this.#part = new InstalledRules({ openFirewall, report, onChange: () => this.#checkTimer.afterChange() });
    this.rehearsal = new OpeningRehearsal({
      turns: this.#turns,
      // After the stop the firewall's descriptors are released.
      firewall: () => (this.#stopped ? undefined : this.#part.firewall),
      grantOf: (lease) => this.#grant(lease),
    });
  }

  /** Whether the kernel closes open ports even without this process. */
  get closesByItself(): boolean {
    return this.#part.firewall?.closesByItself === true;
  }

  /** As of the last check, which follows every change of the rules. */
  get status(): FirewallStatus {
    const { firewall, why = '' } = this.#part;
    if (firewall === undefined) return { kind: this.#gates.length > 0 ? 'unreachable' : 'unused' };
    return { kind: this.#isBroken ? 'missing' : 'in-place', name: firewall.name, why };
  }

  /** Wall-clock time at which the rules were last checked. */
  get lookedAt(): Instant | undefined {
    return this.#regularLook.at;
  }

  /** Strangers may arrive through another interface now. */
  onEvent({ kind }: Event): void {
    if (kind === 'interface' && this.#ingresses.hasMoved) this.checkNow();
  }

  /** Checks the rules at once, even without a change notice. */
  checkNow(): void {
    if (this.#part.firewall !== undefined) void this.#inTurn(() => this.#look());
  }

  /** Why a door cannot be served by this firewall. */
  skipReason(door: string): string | undefined {
    return this.#part.skipReason(door);
  }

  /**
   * Installs these gates and the open leases, in the firewall that the settings select. Failures are reported and
   * retried. If no door can ever open ports, the firewall is left alone. Returns whether all rules are in place.
   */
  async install(gates: readonly Gate[], settings: FirewallSettings): Promise<boolean> {
    trackOlderConnections(gates, this.#gates, this.#parts.report);
    this.#gates = gates;
    this.#part.choose(settings);
    const isUsed = this.#part.firewall !== undefined || gates.length > 0;
    return isUsed || this.#parts.leases().some(hasPorts) ? this.renew() : true;
  }

  /** Installs everything again, including all leases with their ends. Returns whether all rules are in place. */
  renew(): Promise<boolean> {
    return this.#inTurn(() => this.#installNow());
  }

  /** Opens the lease's ports until its end, or changes the end. Throws a `FirewallError`. */
  async open(lease: Lease): Promise<void> {
    const why = this.#part.skipReason(lease.door);
    if (why !== undefined) throw new FirewallError(why);
    return this.#openings.ask(lease, (take) => this.#inTurn(() => this.#openAll(take())));
  }

  /** Closes the lease's ports now. Throws a `FirewallError`. */
  close(lease: Lease): Promise<void> {
    return this.#inTurn(async () => {
      await this.#inUse.revoke(lease.door, leasePrefix(lease).base);
      const isLeftover = isLastLeftover(lease.door, this.#gates, this.#parts.leases());
      if (isLeftover && this.#part.has(lease.door)) await this.#installNow();
    });
  }

  /** Undoes a failed start: restores the ports as they were found. Returns whether that succeeded. */
  async undo(): Promise<boolean> {
    try {
      if (!this.#stopped) await this.stop(this.#part.hasFoundPart ? 'keep' : 'open');
      return true;
    } catch (error) {
      this.#parts.report({ kind: 'error', text: (error as Error).message });
      return false;
    }
  }

  /** The command that opens the closed ports once no daemon runs. `undefined`: no port is closed. */
  howToOpen(): Promise<string | undefined> {
    return this.#part.howToOpen();
  }

  /** `open`: removes the rules, so the ports are as without Bussa. `keep`: leaves the rules. */
  async stop(exit: 'open' | 'keep'): Promise<void> {
    this.#stopped = true;
    this.#checkTimer.stop();
    this.#renewal.stop();
    this.#regularLook.stop();
    this.#part.unwatch();
    await this.#inTurn(async () => {
      if (exit === 'open') {
        await retryWhenExhausted(async () => this.#part.firewall?.remove());
        await this.#part.removeOthers();
      }
      this.#part.firewall?.close();
    });
  }

  get #inUse(): Firewall {
    if (this.#part.firewall !== undefined) return this.#part.firewall;
    throw new FirewallError('the firewall cannot be reached yet');
  }

  /** Returns whether the rules are in place now. */
  async #installNow(): Promise<boolean> {
    if (this.#stopped) return false;
    const { leases, report } = this.#parts;
    const open = leases().filter(hasPorts);
    // A single-use lease that is still queued opens in its own turn: nothing tells whether the use of a grant that
    // never existed is spent.
    const standing = open.filter(({ id, opened }) => !(opened.singleUse && this.#openings.has(id)));
    const gates = this.#ingresses.complete(withLeftover(this.#gates, open));
    try {
      const grants = standing.map((lease) => this.#grant(lease)).filter(({ left }) => left > 0);
      const unknown = await this.#part.install(gates, grants);
      for (const grant of unknown) report(unknownUse(grant));
      this.#renewLater(grants);
      this.#break(this.#part.firewall?.shortcoming);
    } catch (error) {
      this.#break((error as Error).message);
    }
    this.#regularLook.looked();
    if (this.#isBroken) this.#checkTimer.retry();
    // At a start the check behind it does that: searching other firewalls runs five programs.
    else if (this.#part.isFirst) this.#checkTimer.afterChange();
    else if (!(await this.#part.removeOthers())) this.#checkTimer.retry();
    return !this.#isBroken;
  }

  /** `why`: what is wrong with the rules; `undefined`: nothing. */
  #break(why: string | undefined): void {
    this.#isBroken = why !== undefined;
    if (why === undefined) return;
    this.#parts.report({ kind: 'error', text: `the doors' ports: ${why}; next try in 10 s` });
  }

  async #openAll(batch: readonly QueuedOpening[]): Promise<void> {
    const grants = await openTogether(batch, {
      firewall: () => this.#inUse,
      grantOf: (lease) => this.#grant(lease),
      restore: async () => !this.#isBroken && !(await this.#isInPlace()) && (await this.#putBack()),
    });
    this.#renewLater(grants);
  }

  async #look(): Promise<void> {
    if (this.#stopped) return;
    try {
      const isInPlace = await this.#isInPlace();
      this.#regularLook.looked();
      if (!isInPlace) await this.#putBack();
      else if (this.#ingresses.hasMoved || (await this.#part.isOutdated())) await this.#installNow();
      else if (!(await this.#part.removeOthers())) this.#checkTimer.retry();
    } catch (error) {
      const text = `the firewall cannot be read: ${(error as Error).message}; next try in 10 s`;
      this.#parts.report({ kind: 'error', text });
      this.#checkTimer.retry();
    }
  }

  /** Restores removed rules, then logs it. Returns whether they are in place. */
  async #putBack(): Promise<boolean> {
    const name = this.#part.firewall?.name;
    if (!(await this.#installNow())) return false;
    const text = `${name}: rules were missing or changed; restored`;
    if (name !== undefined) this.#parts.report({ kind: 'warning', text });
    return true;
  }

  #isInPlace(): Promise<boolean> {
    const isGranted = ({ id, state }: Lease): boolean => state === 'open' && !this.#openings.has(id);
    const granted = this.#parts.leases().filter(hasPorts).filter(isGranted);
    return this.#part.holds(granted.map((lease) => this.#grant(lease)));
  }

  #renewLater(grants: readonly Grant[]): void {
    const { firewall } = this.#part;
    if (firewall !== undefined && !this.#stopped) this.#renewal.schedule(grants, firewall.longest);
  }

  #grant(lease: Lease): Grant {
    return grantOf(lease, this.#parts.clock.sinceBoot());
  }

  /** Runs one action at a time. A failure affects only its own caller. Openings requested later run after it. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    this.#openings.endBatch();
    return this.#turns.take(action);
  }
}
