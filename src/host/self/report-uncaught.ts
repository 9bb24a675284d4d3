import { writeSync } from 'node:fs';
import { describeRefusal } from '../ffi/describe-refusal.ts';
import { isForbidden, isRefusal } from '../ffi/is-refusal.ts';
import { EXIT } from './exit-status.ts';

const STDERR = 2;

/** A program's exit statuses for a system error, and for one that another user would not get. */
export type RefusalExits = { readonly failed: number; readonly permission: number };

/**
 * The last resort of a program. An unhandled system error ends it with one sentence; a bug of ours with its stack
 * trace. Returns the exit status.
 */
export function reportUncaught(program: string, error: unknown, exits: RefusalExits): number {
  if (!isRefusal(error)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    writeError(`${program}: this is a bug in Bussa: ${text}`);
    return EXIT.software;
  }
  writeError(`${program}: ${describeRefusal(error)}`);
  return isForbidden(error) ? exits.permission : exits.failed;
}

/** Nobody may be reading it. */
export function writeError(line: string): void {
  try {
    writeSync(STDERR, `${line}\n`);
  } catch {
    // Then only the status tells.
  }
}
