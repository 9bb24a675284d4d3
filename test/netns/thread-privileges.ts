import { readdirSync, readFileSync } from 'node:fs';

export const CAP_NET_RAW = 1n << 13n;
export const CAP_NET_ADMIN = 1n << 12n;
export const CAP_DAC_OVERRIDE = 1n << 1n;

export type ThreadPrivileges = Readonly<
  Record<'CapInh' | 'CapPrm' | 'CapEff' | 'CapBnd' | 'CapAmb', bigint>
> & { readonly noNewPrivileges: boolean };

/** Of each thread of a process, as the kernel has them. */
export function threadPrivileges(pid: number): ThreadPrivileges[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    const field = (name: string): string =>
      new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(status)?.[1] ?? 'none';
    const mask = (name: string): bigint => BigInt(`0x${field(name)}`);
    return {
      CapInh: mask('CapInh'),
      CapPrm: mask('CapPrm'),
      CapEff: mask('CapEff'),
      CapBnd: mask('CapBnd'),
      CapAmb: mask('CapAmb'),
      noNewPrivileges: field('NoNewPrivs') === '1',
    };
  });
}
