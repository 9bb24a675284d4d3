import { readFileSync } from 'node:fs';

/** linux/capability.h: bit numbers. */
const CAPABILITY = { CAP_NET_RAW: 13 } as const;

export type CapabilityName = keyof typeof CAPABILITY;

/** Whether this process may use the capability now. */
export function hasCapability(name: CapabilityName): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (mask === undefined) throw new Error('/proc/self/status has no CapEff line');
  return ((BigInt(`0x${mask}`) >> BigInt(CAPABILITY[name])) & 1n) === 1n;
}
