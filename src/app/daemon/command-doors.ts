import type { Event } from '../../core/event/event.ts';
import type { Address } from '../../core/net/address.ts';
import type { CommandRunner } from '../../host/process/command-runner.ts';
import { reportOutcome } from './report-outcome.ts';

/**
 * Doors that run one command and have none to close them. A source's knocks that come while its command runs make
 * it run once more afterwards, however many they are.
 * BOUNDED: by the commands that the runner takes; beyond them a knock is refused.
 */
export class CommandDoors {
  readonly #runner: CommandRunner;
  readonly #report: (event: Event) => void;
  /** Running or waiting, and whether it is wanted once more. */
  readonly #busy = new Map<string, boolean>();

  constructor(runner: CommandRunner, report: (event: Event) => void) {
    this.#runner = runner;
    this.#report = report;
  }

  complete(door: string, source: Address, command: string): void {
    const key = `${source}\n${door}`;
    if (this.#busy.has(key)) {
      this.#busy.set(key, true);
    } else if (this.#runner.hasRoom) {
      this.#busy.set(key, false);
      void this.#run(key, door, command);
    } else {
      this.#report({ kind: 'refused', source, door, reason: 'too many commands are waiting to run' });
    }
  }

  async #run(key: string, door: string, command: string): Promise<void> {
    do {
      this.#busy.set(key, false);
      this.#report({ kind: 'running', door, command });
      reportOutcome(this.#report, door, await this.#runner.open(command));
    } while (this.#busy.get(key) === true);
    this.#busy.delete(key);
  }
}
