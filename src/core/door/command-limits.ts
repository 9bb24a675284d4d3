import { type Millis, millis, seconds } from '../net/time.ts';

/** The configured limits of a door's commands; absent ones have their defaults. A time of 0 means no limit. */
export type CommandLimits = {
  /** Time limit of a start command. */
  readonly start?: Millis;
  /** Time limit of a stop command. */
  readonly stop?: Millis;
  /** Start commands of the door that run at a time, and the same number of stop commands. */
  readonly commands?: number;
};

export const DEFAULT_START_LIMIT = seconds(60);
export const DEFAULT_STOP_LIMIT = seconds(300);
export const DEFAULT_COMMANDS = 8;

const NO_LIMIT = millis(0);

/**
 * Time limit of a start command; 0: none. Without a stop command the default is none: the command itself may close the
 * door after a `sleep`, and killing it would leave the door open.
 */
export function startLimit({ start }: CommandLimits, hasStop: boolean): Millis {
  return start ?? (hasStop ? DEFAULT_START_LIMIT : NO_LIMIT);
}

export function stopLimit({ stop }: CommandLimits): Millis {
  return stop ?? DEFAULT_STOP_LIMIT;
}
