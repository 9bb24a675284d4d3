import { portsNotIn } from '../../../core/door/closed-ports.ts';
import { type PortOpening, portsOn, renderPortOpenings } from '../../../core/door/port-opening.ts';
import type { ByOperator, Event } from '../../../core/event/event.ts';
import type { Address } from '../../../core/net/address.ts';
import type { Millis } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { FirewallError, type Gate } from '../../../host/firewall/contract/firewall.ts';
import type { GuardOptions } from '../../config/daemon-options.ts';
import type { ChosenFirewall, FirewallSettings } from '../firewall/open-firewall.ts';
import { Confirmation } from './confirmation.ts';
import { KnownPorts } from './known-ports.ts';
import { findConnections, LockoutError, renderConnections } from './lockout.ts';
import type { RollbackRequest } from './rollback-request.ts';

export type LockoutGuardParts = {
  readonly options: GuardOptions;
  /** The daemon's own directory. Undefined if it could not be opened. */
  readonly directory: string | undefined;
  readonly openFirewall: (settings: FirewallSettings) => Promise<ChosenFirewall>;
  readonly ownAddresses: () => readonly Address[];
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  readonly request: () => Pick<RollbackRequest, 'settings' | 'log'>;
};

type ClosedPaths = ChosenFirewall['firewall']['closedPaths'];

/** Keeps `bussa up` from locking out users who are connected to the ports that it closes. */
export class LockoutGuard {
  readonly #parts: LockoutGuardParts;
  readonly #record: KnownPorts | undefined;
  readonly #confirmation: Confirmation | undefined;
  #gates: readonly Gate[];
  #settings: FirewallSettings;
  /** Opened and checked, not yet used by the doors. */
  #ready: { readonly key: string; readonly chosen: ChosenFirewall } | undefined;
  /** The paths on which the firewall of these settings closes ports. */
  #known: { readonly key: string; readonly closed: ClosedPaths } | undefined;

  constructor(parts: LockoutGuardParts, gates: readonly Gate[], settings: FirewallSettings) {
    this.#parts = parts;
    this.#gates = gates;
    this.#settings = settings;
    this.#record = parts.directory === undefined ? undefined : new KnownPorts(parts.directory);
    const { options, clock, report, request } = parts;
    if (options.confirmWithin === undefined) return;
    if (gates.length === 0) {
      report({ kind: 'warning', text: 'no door closes a port: there is nothing to confirm' });
      return;
    }
    this.#confirmation = new Confirmation({
      limit: options.confirmWithin,
      command: options.confirmCommand,
      clock,
      report,
      request,
      onConfirmed: () => this.#accept(),
    });
  }

  get unconfirmed(): Promise<void> | undefined {
    return this.#confirmation?.unconfirmed;
  }

  /** Whether a rollback is still possible, whatever `on_exit` says. */
  get isPending(): boolean {
    return this.#confirmation?.isPending === true;
  }

  get trialLeft(): Millis | undefined {
    return this.#confirmation?.left;
  }

  /** Called before anything changes. Throws a `LockoutError`. */
  async prepare(): Promise<void> {
    const { options } = this.#parts;
    if (this.#gates.length === 0) return;
    if (this.#confirmation !== undefined) {
      await this.#prepareConfirmation(this.#confirmation);
      return;
    }
    if (options.closeAnyway) return;
    // If the firewall cannot be reached, nothing is closed now, and `openFirewall` asks again before anything is.
    const closed = await this.#closedPaths(this.#settings);
    const objection = this.#objection(this.#gates, closed);
    if (objection.length > 0) throw new LockoutError([...objection, ...remedies(options)].join('\n'));
  }

  /** For the doors: the firewall already checked, or one checked now. Throws a `FirewallError`. */
  async openFirewall(settings: FirewallSettings): Promise<ChosenFirewall> {
    const ready = this.#ready;
    this.#ready = undefined;
    if (ready?.key === keyOf(settings)) return ready.chosen;
    ready?.chosen.firewall.close();
    const chosen = await this.#open(settings);
    const { closeAnyway } = this.#parts.options;
    const isAsked = !closeAnyway && this.#confirmation === undefined;
    const objection = isAsked ? this.#objection(this.#gates, chosen.firewall.closedPaths) : [];
    if (objection.length === 0) return chosen;
    chosen.firewall.close();
    throw new FirewallError(objection.join(' '));
  }

  /** The doors' rules are in place. */
  begin(): void {
    if (this.#confirmation === undefined) this.#accept();
    else this.#confirmation.begin();
  }

  /** Objections to these doors at a reload. A reload neither asks nor waits for a confirmation. */
  async judgeReload(gates: readonly Gate[], settings: FirewallSettings): Promise<readonly string[]> {
    if (this.isPending) return ['the running trial is not confirmed: confirm it, then reload'];
    if (gates.length === 0) return [];
    const closed = await this.#closedPaths(settings);
    const objection = this.#objection(gates, closed);
    if (objection.length > 0) {
      return [
        ...objection,
        'Start `bussa up` again, with --yes or --confirm 60, to close them all the same.',
      ];
    }
    this.#gates = gates;
    this.#settings = settings;
    this.#accept();
    return [];
  }

  confirm(by: ByOperator = {}): boolean {
    return this.#confirmation?.confirm('control', by) === true;
  }

  /** The start failed, and no port is closed that was open before. */
  abandon(): void {
    this.#confirmation?.abandon();
  }

  /** The daemon is stopping. */
  end(): void {
    this.#confirmation?.end();
  }

  /** Bussa's rules are removed from the firewall. */
  undone(): void {
    this.#confirmation?.undone();
  }

  async #prepareConfirmation(confirmation: Confirmation): Promise<void> {
    try {
      this.#ready = { key: keyOf(this.#settings), chosen: await this.#open(this.#settings) };
      await confirmation.prepare();
      // Without a confirmation, what was accepted earlier no longer counts either.
      this.#record?.forget();
    } catch (error) {
      throw new LockoutError(`not started, nothing is changed: ${(error as Error).message}`);
    }
  }

  /** Empty if the firewall cannot be reached. */
  async #closedPaths(settings: FirewallSettings): Promise<ClosedPaths> {
    const key = keyOf(settings);
    if (this.#known?.key === key) return this.#known.closed;
    try {
      const chosen = await this.#open(settings);
      this.#ready?.chosen.firewall.close();
      this.#ready = { key, chosen };
      return chosen.firewall.closedPaths;
    } catch (error) {
      if (!(error instanceof FirewallError)) throw error;
      return [];
    }
  }

  async #open(settings: FirewallSettings): Promise<ChosenFirewall> {
    const chosen = await this.#parts.openFirewall(settings);
    this.#known = { key: keyOf(settings), closed: chosen.firewall.closedPaths };
    return chosen;
  }

  /** Lines naming who would be locked out. Empty: nobody. */
  #objection(gates: readonly Gate[], closed: ClosedPaths): string[] {
    const ports = portsNotIn(portsToClose(gates, closed), this.#record?.read() ?? []);
    if (ports.length === 0) return [];
    const { connections, blind } = findConnections(ports, this.#parts.ownAddresses());
    if (blind !== undefined) {
      const text = `cannot tell who is connected to ${renderPortOpenings(ports)} over UDP or through forwarding: ${blind}`;
      this.#parts.report({ kind: 'warning', text });
    }
    return connections.length === 0 ? [] : renderConnections(ports, connections);
  }

  /** Remembers these ports as accepted. */
  #accept(): void {
    const ports = portsToClose(this.#gates, this.#known?.closed ?? []);
    if (ports.length > 0) this.#attempt(() => this.#record?.add(ports));
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      const text = `cannot record which ports have been closed before: ${(error as Error).message}; the next start asks again`;
      this.#parts.report({ kind: 'error', text });
    }
  }
}

function portsToClose(gates: readonly Gate[], paths: ClosedPaths): PortOpening[] {
  const all = gates.flatMap(({ ports }) => ports);
  return paths.flatMap((path) => portsOn(all, path));
}

const keyOf = ({ firewall, attach }: FirewallSettings): string => JSON.stringify([firewall, attach]);

function remedies({ confirmCommand }: GuardOptions): string[] {
  return [
    'Nothing has been changed. Start again with one of',
    `    --confirm 60   to try it: everything is reverted after 60 s, unless a new connection through the door runs \`${confirmCommand}\``,
    '    --yes          to close the ports at once, if you are sure of the knock',
  ];
}
