import { writeSync } from 'node:fs';
import { describeRefusal } from '../ffi/describe-refusal.ts';
import { isForbidden, isRefusal } from '../ffi/is-refusal.ts';
import { EXIT } from './exit-status.ts';

const STDERR = 2;

/** The exit statuses of a program that the machine has refused something, and of one that another user could run. */
export type RefusalExits = { readonly failed: number; readonly permission: number };

/**
 * The last net below a program. What the machine refuses, and nobody has dealt with, ends it with one sentence; a bug of
 * ours ends it loudly, with its trace. Returns the exit status.
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

/** Nobody may be there to read it. */
export function writeError(line: string): void {
  try {
    writeSync(STDERR, `${line}\n`);
  } catch {
    // Then it is known by the status alone.
  }
}
