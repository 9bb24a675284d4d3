import type { Environment } from './knockd-options.ts';

/** Exit statuses of `bussa`, which scripts may rely on; sysexits.h has the numbers from 64 on. */
export const BUSSA_EXIT = { ok: 0, failed: 1, usage: 2, noDaemon: 69, permission: 77, config: 78 } as const;

/** Where a verb's words go. */
export type Voice = {
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
};

/** Does what was asked for, and resolves to the exit status. */
export type Deed = (voice: Voice) => Promise<number>;

/** What stands behind the word `bussa`. */
export type Verb = {
  /** After the verb's name in its usage line. */
  readonly operands: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  readonly help: string;
  /** Throws a `UsageError`. */
  readonly parse: (args: readonly string[], environment: Environment) => Deed;
};
