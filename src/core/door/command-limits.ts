import { type Millis, millis, seconds } from '../net/time.ts';

/** What the configuration says of a door's commands; what is absent has its default. A time of 0 is no limit. */
export type CommandLimits = {
  /** How long a start command may run. */
  readonly start?: Millis;
  /** How long a stop command may run. */
  readonly stop?: Millis;
  /** Start commands of the door that run at one time, and stop commands likewise. */
  readonly commands?: number;
};

export const DEFAULT_START_LIMIT = seconds(60);
export const DEFAULT_STOP_LIMIT = seconds(300);
export const DEFAULT_COMMANDS = 8;

const NO_LIMIT = millis(0);

/**
 * How long a start command may run; 0 for no limit. Without a stop command there is none by default: the command may
 * be what closes the door again after a `sleep`, and ending it halfway would leave the door open for good.
 */
export function startLimit({ start }: CommandLimits, hasStop: boolean): Millis {
  return start ?? (hasStop ? DEFAULT_START_LIMIT : NO_LIMIT);
}

export function stopLimit({ stop }: CommandLimits): Millis {
  return stop ?? DEFAULT_STOP_LIMIT;
}
