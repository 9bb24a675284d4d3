import { isDeepStrictEqual } from 'node:util';
import type { DoorSpec } from '../../core/door/door.ts';
import type { Lease, LeasePorts } from '../../core/lease/lease.ts';
import { leasePorts } from './keep-lease.ts';

/** What the doors open now. BOUNDED: by the doors. */
export class DoorPorts {
  readonly #ports = new Map<string, LeasePorts>();

  replace(doors: readonly DoorSpec[]): void {
    this.#ports.clear();
    for (const { name, opening } of doors) {
      const ports = leasePorts(opening);
      if (ports !== undefined) this.#ports.set(name, ports);
    }
  }

  /** Whether the lease's door opens something else by now, or otherwise. One that is gone leaves its leases as they are. */
  differFrom({ door, opened }: Lease): boolean {
    const ports = this.#ports.get(door);
    return opened !== undefined && ports !== undefined && !isDeepStrictEqual(opened, ports);
  }
}
