import { type CommandLimits, startLimit, stopLimit } from '../../../core/door/command-limits.ts';
import type { Event } from '../../../core/event/event.ts';
import type { CommandCall } from '../../../host/process/command-runner.ts';

export type DoorCommand = {
  readonly door: string;
  readonly purpose: 'start' | 'stop';
  /** As shown in the log. */
  readonly command: string;
  /** The text for the shell. */
  readonly text: string;
  /** Whether the door has a stop command. */
  readonly hasStop: boolean;
};

/** A door's command with its limits. Reports when it waits and when it runs. */
export function commandCall(
  { door, purpose, command, text, hasStop }: DoorCommand,
  limits: CommandLimits,
  report: (event: Event) => void,
): CommandCall {
  return {
    door,
    text,
    share: limits.commands,
    timeMs: purpose === 'start' ? startLimit(limits, hasStop) : stopLimit(limits),
    onStart: () => report({ kind: 'running', door, command }),
    onWait: ({ of, limit }) =>
      report({ kind: 'waiting', door, command, purpose, of: of === 'owner' ? 'door' : 'all', limit }),
  };
}
