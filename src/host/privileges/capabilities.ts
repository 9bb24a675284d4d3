import { readFileSync } from 'node:fs';

/** linux/capability.h: bit numbers. */
const CAPABILITY = { CAP_DAC_OVERRIDE: 1, CAP_SETPCAP: 8, CAP_NET_ADMIN: 12, CAP_NET_RAW: 13 } as const;

export type CapabilityName = keyof typeof CAPABILITY;

/** What a thread may do, each set a mask with bit N for capability N (proc_pid_status(5)). */
export type Privileges = {
  readonly inheritable: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  /** No program that it runs can gain any. */
  readonly noNewPrivileges: boolean;
};

/** Whether this process may use the capability now. */
export function hasCapability(name: CapabilityName): boolean {
  return (readPrivileges().effective & maskOf(name)) !== 0n;
}

export function maskOf(...names: readonly CapabilityName[]): bigint {
  return names.reduce((mask, name) => mask | (1n << BigInt(CAPABILITY[name])), 0n);
}

/** Of this process's first thread. */
export function readPrivileges(): Privileges {
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (name: string): string => {
    const value = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
    if (value === undefined) throw new Error(`/proc/self/status has no ${name} line`);
    return value;
  };
  const mask = (name: string): bigint => BigInt(`0x${field(name)}`);
  return {
    inheritable: mask('CapInh'),
    permitted: mask('CapPrm'),
    effective: mask('CapEff'),
    bounding: mask('CapBnd'),
    ambient: mask('CapAmb'),
    noNewPrivileges: field('NoNewPrivs') === '1',
  };
}
