import type { Finding } from '../../core/doctor/finding.ts';
import { ok, problem, unknown, warning } from '../../core/doctor/finding.ts';
import { hasCapability } from '../../host/privileges/capabilities.ts';

/** Privileges, libraries, and the clock. Native code is loaded here and nowhere before: that it cannot be is a finding. */
export async function judgeMachine(): Promise<Finding[]> {
  return [judgePrivileges(), ...(await judgeLibraries()), await judgeClock()];
}

function judgePrivileges(): Finding {
  const missing = (['CAP_NET_RAW', 'CAP_NET_ADMIN'] as const).filter((name) => !hasCapability(name));
  if (missing.length === 0) return ok('privileges', 'the network can be watched and its rules changed');
  return problem('privileges', `${missing.join(' and ')} is missing, here at least`, 'sudo bussa doctor');
}

async function judgeLibraries(): Promise<Finding[]> {
  const koffi = await tried('koffi', 'npm ci', async () => {
    await import('../../host/ffi/libc.ts');
  });
  if (koffi.verdict !== 'ok') return [koffi];
  return [
    koffi,
    await tried('libpcap', 'apt-get install libpcap0.8', async () => {
      const { compileFilter } = await import('../../host/ffi/libpcap.ts');
      compileFilter('tcp', 256);
    }),
    await tried('libnftables', 'apt-get install libnftables1', async () => {
      const { openNftables } = await import('../../host/ffi/libnftables.ts');
      openNftables().close();
    }),
  ];
}

async function tried(library: string, remedy: string, use: () => Promise<void>): Promise<Finding> {
  const id = `library-${library}`;
  try {
    await use();
    return ok(id, `${library} is there`);
  } catch (error) {
    return problem(id, `${library} cannot be used: ${(error as Error).message}`, remedy);
  }
}

async function judgeClock(): Promise<Finding> {
  let synchronised: boolean | undefined;
  try {
    synchronised = (await import('../../host/ffi/clock-state.ts')).isClockSynchronised();
  } catch {
    // Without koffi; that has been said.
  }
  if (synchronised === undefined)
    return unknown('clock', 'the kernel does not say whether the clock is kept right');
  if (synchronised) return ok('clock', 'the clock is kept right');
  const why =
    'nothing keeps the clock right: the log may tell wrong times, and doors close late after a boot';
  return warning('clock', why, 'timedatectl set-ntp true');
}
