import {
  dropFromBoundingSet,
  lowerAmbient,
  setCapabilities,
  setNoNewPrivileges,
} from '../ffi/process-calls.ts';
import { MASK_BITS, maskOf, readPrivileges } from './capabilities.ts';

/** Whether this process has, and can come to have, no capability outside `kept`, and no new privileges. */
export function hasOnlyCapabilities(kept: bigint): boolean {
  const now = readPrivileges();
  const had = now.permitted | now.effective | now.inheritable | now.ambient;
  // Without the capability for it, the bounding set stays as it is; no program that is run can draw on it any more.
  const bounding = (now.permitted & maskOf('CAP_SETPCAP')) === 0n ? 0n : now.bounding;
  return now.noNewPrivileges && ((had | bounding) & ~kept) === 0n;
}

/**
 * Takes from the calling thread every capability outside `kept`, for good, and the way to new ones. The kernel keeps
 * all this for each thread, and nobody can take it from another's: the process has to become a program again, which
 * ends the others, for it to hold for the whole of it.
 */
export function narrowThisThread(kept: bigint): void {
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

/** What `action` returns when the calling thread can use no capability outside `kept`; afterwards it can again. */
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
