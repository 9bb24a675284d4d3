import type { Event } from '../../../core/event/event.ts';
import type { Lease, LeaseId } from '../../../core/lease/lease.ts';
import type { LeaseEffect } from '../../../core/lease/lease-effect.ts';
import type { LeaseInput } from '../../../core/lease/lease-input.ts';
import { NetlinkConnections } from '../../../host/connections/netlink-connections.ts';
import type { FirewallDoors } from '../firewall/firewall-doors.ts';
import { LeaseConnections } from './lease-connections.ts';

export type PortsEffect = Extract<
  LeaseEffect,
  {
    do:
      | 'open-ports'
      | 'extend-ports'
      | 'renew-ports'
      | 'close-ports'
      | 'undo-ports'
      | 'check-hold'
      | 'follow';
  }
>;

/** The firewall operations that leases need. */
export type LeasePortsFirewall = Pick<FirewallDoors, 'closesByItself' | 'open' | 'close' | 'renew'>;

export type LeaseOpeningsParts = {
  /** Absent if no door opens ports in the firewall. */
  readonly native?: LeasePortsFirewall;
  readonly report: (event: Event) => void;
  readonly answer: (input: LeaseInput) => void;
};

/** Carries out the lease machine's effects on the firewall and on connections. */
export class LeaseOpenings {
  readonly #parts: LeaseOpeningsParts;
  readonly #connections: LeaseConnections;

  constructor(parts: LeaseOpeningsParts) {
    const { answer } = parts;
    this.#parts = parts;
    this.#connections = new LeaseConnections({
      openConnections: () => new NetlinkConnections(),
      report: parts.report,
      onHeld: (id) => answer({ kind: 'connection', id, lives: true }),
      onGone: (id) => answer({ kind: 'connection', id, lives: false }),
    });
  }

  do(effect: PortsEffect): void {
    switch (effect.do) {
      case 'open-ports':
        void this.#open(effect.lease);
        return;
      case 'extend-ports':
        void this.#extend(effect.lease);
        return;
      case 'renew-ports':
        void this.#parts.native?.renew();
        return;
      case 'close-ports':
        void this.#close(effect.lease);
        return;
      case 'undo-ports':
        void this.#undo(effect.lease);
        return;
      case 'check-hold': {
        const { lease } = effect;
        const lives = this.#connections.lives(lease);
        this.#parts.answer({ kind: 'hold-checked', id: lease.id, lives });
        return;
      }
      case 'follow':
        if (effect.again) this.#connections.renew(effect.lease);
        else this.#connections.follow(effect.lease);
        return;
      default:
        effect satisfies never;
    }
  }

  forget(id: LeaseId): void {
    this.#connections.forget(id);
  }

  close(): void {
    this.#connections.close();
  }

  async #open(lease: Lease): Promise<void> {
    const { native, answer } = this.#parts;
    const { id } = lease;
    try {
      if (native === undefined) throw new Error('no firewall is in use');
      // Connections that exist now were not made through the lease.
      this.#connections.before(lease);
      await native.open(lease);
    } catch (error) {
      answer({ kind: 'ports-refused', id, why: (error as Error).message });
      return;
    }
    answer({ kind: 'ports-open', id });
  }

  async #extend(lease: Lease): Promise<void> {
    try {
      await this.#parts.native?.open(lease);
    } catch (error) {
      this.#reportError(`${lease.door}: ${(error as Error).message}`);
    }
  }

  async #close(lease: Lease): Promise<void> {
    const { native, answer } = this.#parts;
    const { id, source, door, opened } = lease;
    try {
      await native?.close(lease);
    } catch (error) {
      this.#reportError(`${source}: ${door}: not closed yet: ${(error as Error).message}`);
      answer({ kind: 'close-refused', id });
      return;
    }
    const cut = opened?.closeKills === true ? await this.#connections.cut(lease) : 0;
    answer({ kind: 'ports-closed', id, cut });
  }

  async #undo(lease: Lease): Promise<void> {
    const { native, answer } = this.#parts;
    const { id } = lease;
    try {
      await native?.close(lease);
    } catch (error) {
      this.#reportError(`${lease.door}: ${(error as Error).message}`);
      answer({ kind: 'close-refused', id });
      return;
    }
    answer({ kind: 'ports-closed', id, cut: 0 });
  }

  #reportError(text: string): void {
    this.#parts.report({ kind: 'error', text });
  }
}
