import koffi from 'koffi';

/** A failed system call: `call on subject: NAME`, with the errno for decisions. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  readonly call: string;
  readonly errno: number;
  /** The errno's symbolic name, such as EACCES, or `errno N` for an unknown one. */
  readonly code: string;

  constructor(call: string, subject: string, errno: number) {
    const code = errnoName(errno);
    super(`${call} on ${subject}: ${code}`);
    this.call = call;
    this.errno = errno;
    this.code = code;
  }
}

/** The error of this thread's last native call. */
export function lastError(call: string, subject: string): SystemCallError {
  return new SystemCallError(call, subject, koffi.errno());
}

/** The errno of this thread's last native call, for an answer that is no failure: an error object costs 20 µs. */
export function lastErrno(): number {
  return koffi.errno();
}

function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(koffi.os.errno)) if (value === errno) return name;
  return `errno ${errno}`;
}
