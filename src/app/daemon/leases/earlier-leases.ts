import type { DoorSpec } from '../../../core/door/door.ts';
import type { Event } from '../../../core/event/event.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { State } from '../../state/open-state.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { takeOverOrphans } from './take-over.ts';

/** Interval of checks on the commands of a dead daemon. */
const ADOPT_AGAIN_MS = 1000;

export type EarlierLeasesParts = {
  /** Those of the current configuration. */
  readonly doors: () => readonly DoorSpec[];
  readonly stateDirectory: string;
  /** Name of this daemon's directory in `stateDirectory`. */
  readonly stateName: string;
  readonly state: State;
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
};

/** Leases that an earlier run of this daemon left open, and leases of other daemons that will not return. */
export class EarlierLeases {
  readonly #parts: EarlierLeasesParts;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: EarlierLeasesParts) {
    this.#parts = parts;
    parts.state.onceOpen(() => {
      if (!this.#isStopped) this.adopt();
    });
  }

  adopt(): void {
    const { doors, stateDirectory, stateName, state, keeper, clock, report } = this.#parts;
    const again = state.store.isOpen && takeOverOrphans(stateDirectory, stateName, state, clock, report);
    keeper.adopt(doors());
    if (again) this.#timer = setTimeout(() => this.adopt(), ADOPT_AGAIN_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
