import { hasNoNewPrivileges, isAmbient, isInBoundingSet, readCapabilities } from '../ffi/process-calls.ts';

/** linux/capability.h: bit numbers. */
const CAPABILITY = { CAP_DAC_OVERRIDE: 1, CAP_SETPCAP: 8, CAP_NET_ADMIN: 12, CAP_NET_RAW: 13 } as const;

export type CapabilityName = keyof typeof CAPABILITY;

/** Number of capabilities that a mask can hold. */
export const MASK_BITS = 64;

/** What a thread may do. Each set is a mask: bit N stands for capability N (capabilities(7)). */
export type Privileges = {
  readonly inheritable: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  /** A program that it executes cannot gain any. */
  readonly noNewPrivileges: boolean;
};

/** Whether this process can use the capability now. */
export function hasCapability(name: CapabilityName): boolean {
  return (readCapabilities().effective & maskOf(name)) !== 0n;
}

export function maskOf(...names: readonly CapabilityName[]): bigint {
  return names.reduce((mask, name) => mask | (1n << BigInt(CAPABILITY[name])), 0n);
}

/** Of this process's first thread, which runs the JavaScript. Uses system calls, because /proc may be missing. */
export function readPrivileges(): Privileges {
  return {
    ...readCapabilities(),
    bounding: maskWhere(isInBoundingSet),
    ambient: maskWhere(isAmbient),
    noNewPrivileges: hasNoNewPrivileges(),
  };
}

function maskWhere(has: (capability: number) => boolean): bigint {
  let mask = 0n;
  for (let bit = 0; bit < MASK_BITS; bit++) if (has(bit)) mask |= 1n << BigInt(bit);
  return mask;
}
