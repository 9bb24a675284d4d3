import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** A knock that could not be sent, worded like `SystemCallError`, which needs koffi for the names. */
export type KnockError = { readonly message: string; readonly code: string; readonly errno: number };

export function knockErrorOf(call: string, subject: string, errno: number): KnockError {
  const code = errnoName(errno);
  return { message: `${call} on ${subject}: ${code}`, code, errno };
}

/** libuv knows some names that POSIX does not, such as EHOSTDOWN. */
function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === errno) return name;
  return getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`;
}
