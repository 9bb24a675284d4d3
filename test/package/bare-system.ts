import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { aptProxy, bootstrap, OUTPUT } from './bootstrap.ts';

const exec = promisify(execFile);

const UBUNTU = 'http://archive.ubuntu.com/ubuntu';

/** Ubuntu's keys, which Debian 12 has no package of. */
const KEYRING = {
  url: `${UBUNTU}/pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb`,
  sha256: '36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8',
  file: './usr/share/keyrings/ubuntu-archive-keyring.gpg',
} as const;

type System = { readonly title: string; readonly isUbuntu: boolean };

/** What a bare system is made of, and what people call it. */
export const SYSTEMS = {
  bookworm: { title: 'Debian 12', isUbuntu: false },
  trixie: { title: 'Debian 13', isUbuntu: false },
  noble: { title: 'Ubuntu 24.04', isUbuntu: true },
} as const satisfies Readonly<Record<string, System>>;

export type Suite = keyof typeof SYSTEMS;

/** The system as a tar archive, which is made once and kept in `cache`. */
export async function archiveOf(suite: Suite, cache: string): Promise<string> {
  const kept = path.join(cache, `${suite}.tar`);
  if (existsSync(kept)) return kept;
  if (!SYSTEMS[suite].isUbuntu) {
    await bootstrap(kept, [], configureApt, suite);
    return kept;
  }
  const work = mkdtempSync('/var/tmp/bussa-keys-');
  try {
    const options = [`--keyring=${await ubuntuKeys(work)}`, '--components=main,universe'];
    await bootstrap(kept, options, configureApt, suite, { mirror: UBUNTU, script: UBUNTU_SCRIPT });
  } finally {
    rmSync(work, { recursive: true });
  }
  return kept;
}

/** What the package must bring by itself, or depend on, is not there: no Node.js, no libpcap, no firewall's tools. */
function configureApt(directory: string, proxy: string): void {
  if (proxy === '') return;
  writeFileSync(path.join(directory, 'etc/apt/apt.conf.d/proxy'), `Acquire::http::Proxy "${proxy}";\n`);
}

/** All of Ubuntu's releases since 2007 are made by this one; Debian 12 has no link to it by the name of a later release. */
const UBUNTU_SCRIPT = '/usr/share/debootstrap/scripts/gutsy';

async function ubuntuKeys(directory: string): Promise<string> {
  const through = await aptProxy();
  const args = ['-fsS', '-m', '60', ...(through === '' ? [] : ['--proxy', through]), KEYRING.url];
  const { stdout: archive } = await exec('curl', args, { ...OUTPUT, encoding: 'buffer' });
  const hash = createHash('sha256').update(archive).digest('hex');
  if (hash !== KEYRING.sha256) throw new Error(`${KEYRING.url} has the hash ${hash}, not ${KEYRING.sha256}`);
  const [deb, keys] = [path.join(directory, 'keyring.deb'), path.join(directory, 'keys.gpg')];
  writeFileSync(deb, archive);
  await exec('sh', ['-c', 'dpkg-deb --fsys-tarfile "$0" | tar -xO "$1" >"$2"', deb, KEYRING.file, keys]);
  return keys;
}
