import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../lab/scratch-clone.ts';

const exec = promisify(execFile);
const SUITE = 'bookworm';

/** What README asks of a machine, what systemd needs to be its init, and the tools that look at the rules. */
const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'dbus', 'init-system-helpers', 'iproute2', 'procps'],
  ...['libatomic1', 'libpcap0.8', 'libnftables1', 'nftables', 'iptables', 'ipset'],
  // The rpm is installed there too, for want of a distribution that has it.
  'rpm',
];

/** Of no use to a system without devices, some of which reach out of its namespaces. */
const MASKED = [
  ...['proc-sys-fs-binfmt_misc.automount', 'systemd-binfmt.service', 'systemd-pstore.service'],
  ...['sys-kernel-debug.mount', 'sys-kernel-tracing.mount', 'sys-kernel-config.mount'],
  ...['dev-hugepages.mount', 'sys-fs-fuse-connections.mount', 'kmod-static-nodes.service'],
  ...['systemd-modules-load.service', 'getty.target', 'timers.target'],
];

let made: Promise<string> | undefined;

/** The directory of a Debian 12 with systemd, made once with debootstrap(8) and kept, which nobody writes to. */
export function bareDebian(): Promise<string> {
  made ??= make();
  return made;
}

async function make(): Promise<string> {
  const kept = path.join(repository, '.cache/debian/systemd');
  if (existsSync(kept)) return kept;
  const half = `${kept}.${process.pid}`;
  try {
    mkdirSync(path.dirname(kept), { recursive: true });
    const include = `--include=${PACKAGES.join(',')}`;
    await exec('debootstrap', ['--variant=minbase', include, SUITE, half, await mirror()], {
      maxBuffer: 64 * 1024 * 1024,
      env: { PATH: process.env.PATH, ...(await proxy()) },
    });
    const units = path.join(half, 'etc/systemd/system');
    for (const unit of MASKED) {
      rmSync(path.join(units, unit), { force: true });
      symlinkSync('/dev/null', path.join(units, unit));
    }
    symlinkSync('/lib/systemd/system/multi-user.target', path.join(units, 'default.target'));
    writeFileSync(path.join(half, 'etc/machine-id'), '');
    writeFileSync(path.join(half, 'etc/hostname'), 'hidden\n');
    renameSync(half, kept);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  return kept;
}

/** Where this machine's own apt gets Debian from. */
async function mirror(): Promise<string> {
  const wanted = ['--format', '$(REPO_URI)', 'Origin: Debian', 'Created-By: Packages'];
  const { stdout } = await exec('apt-get', ['indextargets', ...wanted]);
  const [first = ''] = stdout.split('\n');
  if (first === '') throw new Error('apt has no lists of a Debian mirror: run apt-get update');
  return first;
}

async function proxy(): Promise<{ readonly http_proxy?: string }> {
  const { stdout } = await exec('apt-config', ['dump', '--format', '%v', 'Acquire::http::Proxy']);
  return stdout === '' ? {} : { http_proxy: stdout };
}
