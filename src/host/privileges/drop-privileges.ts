import {
  dropFromBoundingSet,
  lowerAmbient,
  setCapabilities,
  setNoNewPrivileges,
} from '../ffi/process-calls.ts';
import { MASK_BITS, maskOf, readPrivileges } from './capabilities.ts';

/** Whether this process has, and can gain, no capability outside `kept`, and has no_new_privs set. */
export function hasOnlyCapabilities(kept: bigint): boolean {
  const now = readPrivileges();
  const had = now.permitted | now.effective | now.inheritable | now.ambient;
  // Without CAP_SETPCAP the bounding set cannot be changed. With no_new_privs no program can gain from it.
  const bounding = (now.permitted & maskOf('CAP_SETPCAP')) === 0n ? 0n : now.bounding;
  return now.noNewPrivileges && ((had | bounding) & ~kept) === 0n;
}

/**
 * Permanently removes every capability outside `kept` from the calling thread, and the means to gain new ones. The
 * kernel keeps these per thread, and a thread cannot change another's. Only a re-exec, which ends the other threads,
 * makes it apply to the whole process.
 */
export function dropCapabilities(kept: bigint): void {
  const now = readPrivileges();
  for (const capability of bitsOf(now.bounding & ~kept)) if (!dropFromBoundingSet(capability)) break;
  for (const capability of bitsOf(now.ambient & ~kept)) lowerAmbient(capability);
  setCapabilities({
    permitted: now.permitted & kept,
    effective: now.effective & kept,
    inheritable: now.inheritable & kept,
  });
  setNoNewPrivileges();
}

/** Runs `action` while the calling thread can use no capability outside `kept`; afterwards it can again. */
export function withOnly<Result>(kept: bigint, action: () => Result): Result {
  const { permitted, effective, inheritable } = readPrivileges();
  setCapabilities({ permitted, inheritable, effective: effective & kept });
  try {
    return action();
  } finally {
    setCapabilities({ permitted, inheritable, effective });
  }
}

function bitsOf(mask: bigint): number[] {
  return Array.from({ length: MASK_BITS }, (_, bit) => bit).filter(
    (bit) => ((mask >> BigInt(bit)) & 1n) === 1n,
  );
}
