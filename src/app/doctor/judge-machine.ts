import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Finding, Fix, Hint } from '../../core/doctor/finding.ts';
import { look, ok, problem, unknown, warning } from '../../core/doctor/finding.ts';
import { quoteWord } from '../../core/text/quote-word.ts';
import { isSelfContained } from '../../host/self/own-program.ts';
import { installCommand } from './install-command.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Privileges, libraries and the clock. Native code is first loaded here: a failure to load it is a finding. */
export async function judgeMachine(): Promise<Finding[]> {
  return [await judgePrivileges(), ...(await judgeLibraries()), await judgeClock()];
}

async function judgePrivileges(): Promise<Finding> {
  const id = 'privileges';
  const missing: string[] = [];
  try {
    const { hasCapability } = await import('../../host/privileges/capabilities.ts');
    for (const name of ['CAP_NET_RAW', 'CAP_NET_ADMIN'] as const)
      if (!hasCapability(name)) missing.push(name);
  } catch {
    // koffi is missing, which is a finding of its own.
    return unknown(id, 'cannot read what this process may do');
  }
  if (missing.length === 0) return ok(id, 'the daemon can capture packets and change the firewall');
  const message = `${missing.join(' and ')} is missing, at least in this process`;
  if (process.geteuid?.() !== 0) return problem(id, message, look('sudo bussa doctor'));
  const hint = `give this container what is missing, as with: docker run ${missing.map((name) => `--cap-add ${name.slice('CAP_'.length)}`).join(' ')}`;
  return problem(id, message, { hint });
}

async function judgeLibraries(): Promise<Finding[]> {
  const koffi = await tried('koffi', async () => {
    await import('../../host/ffi/libc.ts');
  });
  if (koffi !== undefined) return [problem('library-koffi', koffi, cureOfKoffi())];
  const pcap = await tried('libpcap', async () => {
    const { compileFilter } = await import('../../host/ffi/libpcap.ts');
    compileFilter('tcp', 256);
  });
  const nftables = await tried('libnftables', async () => {
    const { openNftables } = await import('../../host/ffi/libnftables.ts');
    openNftables().close();
  });
  return [
    ok('library-koffi', 'koffi is there'),
    pcap === undefined
      ? ok('library-libpcap', 'libpcap is there')
      : problem('library-libpcap', pcap, cureOfLibrary('libpcap0.8')),
    nftables === undefined
      ? ok('library-libnftables', 'libnftables is there')
      : problem('library-libnftables', nftables, cureOfLibrary('libnftables1')),
  ];
}

/** Why the library cannot be used. */
async function tried(library: string, use: () => Promise<void>): Promise<string | undefined> {
  try {
    await use();
    return undefined;
  } catch (error) {
    return `${library} cannot be used: ${(error as Error).message}`;
  }
}

function cureOfKoffi(): Fix<'npm-ci'> | Hint {
  if (isSelfContained() || !existsSync(`${ROOT}package-lock.json`)) {
    return { hint: 'reinstall Bussa the way it was installed: koffi is part of it' };
  }
  return { by: 'npm-ci', command: `cd ${quoteWord(ROOT)} && npm ci` };
}

function cureOfLibrary(name: 'libpcap0.8' | 'libnftables1'): Fix<'package'> | Hint {
  const command = installCommand(name);
  return command === undefined
    ? { hint: `install ${name}, under the name that your system uses` }
    : { by: 'package', command };
}

async function judgeClock(): Promise<Finding> {
  let synchronised: boolean | undefined;
  try {
    synchronised = (await import('../../host/ffi/clock-state.ts')).isClockSynchronised();
  } catch {
    // koffi is missing, which has been reported.
  }
  if (synchronised === undefined)
    return unknown('clock', 'the kernel does not say whether the clock is synchronised');
  if (synchronised) return ok('clock', 'the clock is synchronised');
  const why =
    'nothing synchronises the clock: the log may show wrong times, and doors may close late after a boot';
  const hint =
    'use a time service: timedatectl set-ntp true, if systemd-timesyncd or chrony is installed; a container has the clock of its host';
  return warning('clock', why, { hint });
}
