import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../host/clock/clock.ts';
import type { Authority } from '../../config/authority.ts';
import type { FirewallDoors } from '../firewall/firewall-doors.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import { type Admit, RehearsalStage } from './rehearsal-stage.ts';
import { SequenceRehearsal } from './sequence-rehearsal.ts';

/** What has run so often is compiled, and V8 knows what it is given. */
const ROUNDS = 5;

export type WarmUpParts = {
  readonly clock: Clock;
  readonly native: FirewallDoors;
  /** Undefined where no door accepts keys. */
  readonly authority: () => Authority | undefined;
  /** What stands between a proof and this keeper. */
  readonly admitTo: (keeper: LeaseKeeper) => Admit;
};

/**
 * Opens a door of its own a few times, by a sequence and by a signed knock, from packets in memory to the netlink
 * message that the kernel refuses: code that runs for the first time would take the first real knock 3 ms. It leaves
 * nothing behind, see `RehearsalStage`. One opening at a time, each to its end, as a real one comes: many at once go
 * another way. Between two of them packets have their turn.
 */
export class WarmUp {
  readonly #parts: WarmUpParts;
  #isRunning = false;
  #isStopped = false;

  constructor(parts: WarmUpParts) {
    this.#parts = parts;
  }

  /** Not while one is under way, nor where nothing is opened in a firewall that can refuse so. */
  async run(): Promise<void> {
    const { native, clock } = this.#parts;
    if (this.#isRunning || !this.#goesOn) return;
    this.#isRunning = true;
    try {
      await using stage = new RehearsalStage(clock, native);
      await this.#rehearse(stage);
    } finally {
      this.#isRunning = false;
    }
  }

  /** The daemon ends: the one that is under way comes to its end before the next opening. */
  stop(): void {
    this.#isStopped = true;
  }

  get #goesOn(): boolean {
    return !this.#isStopped && this.#parts.native.rehearsal.isPossible;
  }

  async #rehearse(stage: RehearsalStage): Promise<void> {
    const { authority, admitTo } = this.#parts;
    const admit = admitTo(stage.keeper);
    using sequence = new SequenceRehearsal(stage, admit);
    for (let round = 0; round < ROUNDS && this.#goesOn; round++) {
      await sequence.run(round);
      await nextTurn();
    }
    const known = authority();
    const [key] = known?.serverKeys ?? [];
    if (known === undefined || key === undefined || !this.#goesOn) return;
    // Cryptography takes a megabyte.
    const { SignedRehearsal } = await import('./signed-rehearsal.ts');
    using signed = new SignedRehearsal(stage, admit, key, known, () => sequence.takeArrived());
    for (let round = ROUNDS; round < 2 * ROUNDS && this.#goesOn; round++) {
      await signed.run(round);
      await nextTurn();
    }
  }
}
