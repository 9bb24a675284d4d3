import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../host/clock/clock.ts';
import type { Authority } from '../../config/authority.ts';
import type { FirewallDoors } from '../firewall/firewall-doors.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import { type Admit, RehearsalDaemon } from './rehearsal-daemon.ts';
import { SequenceRehearsal } from './sequence-rehearsal.ts';

/** After so many runs the code is compiled, and V8 knows its types. */
const ROUNDS = 5;

export type WarmUpParts = {
  readonly clock: Clock;
  readonly native: FirewallDoors;
  /** Undefined if no door accepts keys. */
  readonly authority: () => Authority | undefined;
  /** The checks between a proof and this keeper. */
  readonly admitTo: (keeper: LeaseKeeper) => Admit;
  /** Asks the kernel what a last knock makes the daemon ask. */
  readonly askKernel: () => void;
};

/**
 * Opens a door of its own a few times, by a sequence and by a signed knock, from packets in memory to the netlink
 * message that the kernel rejects. Code that runs for the first time would delay the first real knock by 3 ms. No
 * effect remains, see `RehearsalStage`. Openings run one at a time, as real ones do, since several at once take another
 * path. Packets get their turn in between.
 */
export class WarmUp {
  readonly #parts: WarmUpParts;
  #isRunning = false;
  #isStopped = false;

  constructor(parts: WarmUpParts) {
    this.#parts = parts;
  }

  /** Does nothing while a run is in progress, or if no firewall in use can reject an opening this way. */
  async run(): Promise<void> {
    const { native, clock } = this.#parts;
    if (this.#isRunning || !this.#goesOn) return;
    this.#isRunning = true;
    try {
      await using daemon = new RehearsalDaemon(clock, native);
      await this.#rehearse(daemon);
    } finally {
      this.#isRunning = false;
    }
  }

  /** The daemon ends: the present opening finishes, and no other starts. */
  stop(): void {
    this.#isStopped = true;
  }

  get #goesOn(): boolean {
    return !this.#isStopped && this.#parts.native.rehearsal.isPossible;
  }

  async #rehearse(daemon: RehearsalDaemon): Promise<void> {
    const { authority, admitTo } = this.#parts;
    const admit = admitTo(daemon.keeper);
    using sequence = new SequenceRehearsal(daemon, admit);
    for (let round = 0; round < ROUNDS && this.#goesOn; round++) {
      this.#parts.askKernel();
      await sequence.run(round);
      await nextTurn();
    }
    const known = authority();
    const [key] = known?.serverKeys ?? [];
    if (known === undefined || key === undefined || !this.#goesOn) return;
    // Cryptography takes a megabyte.
    const { SignedRehearsal } = await import('./signed-rehearsal.ts');
    using signed = new SignedRehearsal(daemon, admit, key, known, () => sequence.drainArrived());
    for (let round = ROUNDS; round < 2 * ROUNDS && this.#goesOn; round++) {
      await signed.run(round);
      await nextTurn();
    }
  }
}
