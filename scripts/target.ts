// The architectures that packages are made for, and the parts of the executable that depend on the architecture. Those of this
// machine are in node_modules; others come from the registry, and package-lock.json has their hashes.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { readLock } from './licences.ts';

const root = path.join(import.meta.dirname, '..');
const CACHE = path.join(root, '.cache/parts');

export type Architecture = 'amd64' | 'arm64';

/** What others call it: Node.js, rpm, and GNU's tools for other machines. */
type Names = { readonly node: 'x64' | 'arm64'; readonly rpm: string; readonly gnu: string };

export const ARCHITECTURES: Readonly<Record<Architecture, Names>> = {
  amd64: { node: 'x64', rpm: 'x86_64', gnu: 'x86_64-linux-gnu' },
  arm64: { node: 'arm64', rpm: 'aarch64', gnu: 'aarch64-linux-gnu' },
};

export type Parts = {
  /** The executable of Node.js, with symbols. */
  readonly node: string;
  /** koffi's addon. */
  readonly addon: string;
  /** The strip(1) that reads executables of that architecture. */
  readonly strip: string;
};

export const names = Object.keys(ARCHITECTURES) as Architecture[];

/** By any of its names. */
export function parseArchitecture(word: string): Architecture {
  const found = names.find((name) => {
    const { node, rpm } = ARCHITECTURES[name];
    return [name, node, rpm].includes(word);
  });
  if (found === undefined) throw new Error(`no package is made for "${word}": use ${names.join(' or ')}`);
  return found;
}

export const isOwn = (architecture: Architecture): boolean =>
  ARCHITECTURES[architecture].node === process.arch;

export function partsOf(architecture: Architecture): Parts {
  const { node, gnu } = ARCHITECTURES[architecture];
  const addon = `@koromix/koffi-linux-${node}`;
  const file = `linux_${node}/koffi.node`;
  if (isOwn(architecture)) {
    const found = createRequire(import.meta.url).resolve(`${addon}/${file}`);
    return { node: process.execPath, addon: found, strip: 'strip' };
  }
  return {
    node: path.join(fetchLocked(`node-linux-${node}`), 'bin/node'),
    addon: path.join(fetchLocked(addon), file),
    strip: `${gnu}-strip`,
  };
}

/** The directory of a package that npm did not install, for it is another machine's. The lock file's hash decides. */
function fetchLocked(name: string): string {
  const locked = readLock(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const one = locked.get(`node_modules/${name}`);
  if (one?.integrity === undefined) throw new Error(`package-lock.json has no hash of ${name}`);
  const place = path.join(CACHE, `${name.replace('/', '-')}-${one.version}`);
  if (existsSync(place)) return place;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(path.join(CACHE, 'half-'));
  try {
    const archive = download(`${name}@${one.version}`, work);
    const hash = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (hash !== one.integrity)
      throw new Error(
        `${name}@${one.version}: the archive has the hash ${hash}, the lock file ${one.integrity}`,
      );
    execFileSync('tar', ['-xzf', archive, '--no-same-owner', '-C', work]);
    renameSync(path.join(work, 'package'), place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return place;
}

function download(spec: string, to: string): string {
  const args = ['pack', spec, '--silent', '--pack-destination', to];
  const said = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return path.join(to, said.trim().split('\n').at(-1) ?? '');
}
