import type { DoorSpec } from '../../../core/door/door.ts';
import { CommandRuns } from '../../../core/lease/command-runs.ts';
import { proofOf } from '../../../core/lease/holders.ts';
import type { OpenRequest } from '../../../core/lease/open-request.ts';
import { REFUSED } from '../../../core/lease/refusals.ts';
import type { Address } from '../../../core/net/address.ts';
import type { CommandRunner } from '../../../host/process/command-runner.ts';
import { commandCall } from './command-call.ts';
import type { DoorLimits } from './door-limits.ts';
import { eventUser, type NoticeParts } from './report-lease-notice.ts';
import { reportStart } from './report-outcome.ts';

export type CommandDoorsParts = NoticeParts & {
  readonly runner: CommandRunner;
  readonly limits: DoorLimits;
  readonly hasRoom: (door: DoorSpec) => boolean;
};

/** Doors that run one command and have no stop command: nothing stays open, so there is no lease. */
export class CommandDoors {
  readonly #parts: CommandDoorsParts;
  readonly #runs = new CommandRuns();

  constructor(parts: CommandDoorsParts) {
    this.#parts = parts;
  }

  /** Runs the command, or repeats it. Returns why not, if it is refused. */
  request(openRequest: OpenRequest, command: string): string | undefined {
    const { door, source } = openRequest;
    const { clock, report, hasRoom } = this.#parts;
    switch (this.#runs.request(door, source, clock.sinceBoot(), hasRoom(door))) {
      case 'cooling':
        return REFUSED.cooling;
      case 'busy':
        return REFUSED.busy;
      case 'run':
        report({
          kind: 'lease-opened',
          door: door.name,
          source,
          ports: '',
          ...eventUser(proofOf(openRequest)),
        });
        void this.#run(door.name, source, command);
        return undefined;
      case 'again':
        return undefined;
    }
  }

  async #run(door: string, source: Address, command: string): Promise<void> {
    const { report, runner, limits } = this.#parts;
    const call = { door, purpose: 'start', command, text: command, hasStop: false } as const;
    do {
      reportStart(report, { door, source }, await runner.open(commandCall(call, limits.of(door), report)));
    } while (this.#runs.ended(door, source));
  }
}
