import { join } from 'node:path';
import type { Completion } from '../../../core/attempt/completion.ts';
import type { FleetStatus } from '../../../core/control/fleet-status.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import { SerialQueue } from '../../../host/serial/serial-queue.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import type { State } from '../../state/open-state.ts';
import { shareFleetSocket } from '../control/control-access.ts';
import { FleetSocket } from '../control/fleet-socket.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetParts } from '../fleet/fleet-parts.ts';
import type { ProofUse } from '../leases/proof-use.ts';
import type { Reports } from '../reporting/reports.ts';

export type FleetHostParts = FleetParts & { readonly options: DaemonOptions; readonly name: string };

const NOT_RUNNING = 'the fleet is not reachable yet, and the door requires it (fleet_claim)';

type Running = { readonly fleet: Fleet; readonly socket: FleetSocket };

type Base = Omit<FleetParts, 'keeper' | 'bans' | 'store' | 'report'> & {
  readonly state: State;
  readonly name: string;
  readonly reports: Reports;
};

export function openFleet(
  options: DaemonOptions,
  { inForce, spread, clock, state, name, reports }: Base,
  { keeper, bans }: Pick<FleetParts, 'keeper' | 'bans'>,
  resources: AsyncDisposableStack,
): FleetHost {
  const { report } = reports;
  const host = new FleetHost({
    ...{ inForce, keeper, bans, spread, clock, report },
    ...{ store: state.store, options, name },
  });
  resources.defer(() => host.close());
  return host;
}

/** Runs the fleet if the configuration has one. Without one, none of its code is loaded. */
export class FleetHost {
  readonly #parts: FleetHostParts;
  readonly #turns = new SerialQueue();
  #running: Running | undefined;
  #isClosed = false;

  constructor(parts: FleetHostParts) {
    this.#parts = parts;
  }

  get current(): Fleet | undefined {
    return this.#running?.fleet;
  }

  get status(): FleetStatus | undefined {
    return this.#running?.fleet.status;
  }

  /** Applies the current configuration. */
  follow(): Promise<void> {
    return this.#turns.take(() => this.#follow());
  }

  /** False: there is no fleet. */
  closeEverywhere(lease: Pick<Lease, 'door' | 'source'>): boolean {
    this.#running?.fleet.closeEverywhere(lease);
    return this.#running !== undefined;
  }

  /** Why the proof may not be used here. Without a claim, `undefined` at once. */
  whyNot(completion: Completion, use: ProofUse): Promise<string | undefined> | undefined {
    const { door, proof } = completion;
    if (proof === undefined || (door.fleet === undefined && door.fleetClaim === undefined)) return undefined;
    if (this.#running !== undefined) return this.#running.fleet.whyNot(door, proof, use);
    return door.fleetClaim === 'require' ? Promise.resolve(NOT_RUNNING) : undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  async #follow(): Promise<void> {
    const identity = this.#parts.inForce.fleet;
    const running = this.#running;
    if (running !== undefined && (identity === undefined || !running.fleet.isOf(identity))) this.#end();
    if (identity === undefined || this.#isClosed) return;
    if (this.#running === undefined) await this.#begin();
    else this.#running.fleet.follow(identity);
    const { options, name, report } = this.#parts;
    if (this.#running !== undefined)
      shareFleetSocket(
        join(options.stateDirectory, name),
        options.stateDirectory,
        identity.settings.group,
        report,
      );
  }

  async #begin(): Promise<void> {
    const { options, name, inForce, report } = this.#parts;
    const { Fleet } = await import('../fleet/fleet.ts');
    const identity = inForce.fleet;
    if (identity === undefined || this.#isClosed) return;
    const fleet = new Fleet(this.#parts, identity);
    const socket = new FleetSocket({
      directory: join(options.stateDirectory, name),
      version: options.version ?? 'unknown',
      verbs: () => fleet.verbs,
      report,
    });
    this.#running = { fleet, socket };
    await socket.open();
    if (this.#isClosed) this.#end();
  }

  #end(): void {
    this.#running?.socket.close();
    this.#running?.fleet.close();
    this.#running = undefined;
  }
}
