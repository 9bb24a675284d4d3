// What the packages hold, as files below a directory.

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

export const root = path.join(import.meta.dirname, '..');

const PROGRAM = path.join(root, 'src/cli/bussa/bussa.ts');

const SHELLS = {
  bash: 'bash-completion/completions/bussa',
  zsh: 'zsh/vendor-completions/_bussa',
  fish: 'fish/vendor_completions.d/bussa.fish',
} as const;

/** Installed, but neither enabled nor started. */
export const DISABLED_UNITS = ['bussa-fleet.service', 'bussa-web.service', 'bussa-web.socket'] as const;

/** A directory that is to become a package. Modes do not depend on the umask. */
export class PackageTree {
  readonly #at: string;

  constructor(at: string) {
    this.#at = at;
    mkdirSync(at, { recursive: true, mode: 0o755 });
    chmodSync(at, 0o755);
  }

  write(to: string, bytes: string | Uint8Array, mode = 0o644): void {
    const file = path.join(this.#at, to);
    this.#makeDirectories(path.dirname(to));
    writeFileSync(file, bytes);
    chmodSync(file, mode);
  }

  copy(from: string, to: string, mode = 0o644): void {
    this.write(to, readFileSync(path.join(root, from)), mode);
  }

  /** Of 118 MB no second copy is read into memory. */
  copyExecutable(from: string, to: string): void {
    this.#makeDirectories(path.dirname(to));
    cpSync(from, path.join(this.#at, to));
    chmodSync(path.join(this.#at, to), 0o755);
  }

  compress(bytes: string | Uint8Array, to: string): void {
    this.write(`${to}.gz`, gzipSync(bytes, { level: 9 }));
  }

  link(target: string, to: string): void {
    this.#makeDirectories(path.dirname(to));
    symlinkSync(target, path.join(this.#at, to));
  }

  #makeDirectories(directory: string): void {
    let place = this.#at;
    for (const part of directory.split('/')) {
      place = path.join(place, part);
      mkdirSync(place, { recursive: true });
      chmodSync(place, 0o755);
    }
  }
}

/** What the packages of distributions hold alike. */
export function addSystem(tree: PackageTree, executable: string, units: string): void {
  tree.copyExecutable(executable, 'usr/bin/bussa');
  tree.link('bussa', 'usr/bin/knock');
  tree.link('../bin/bussa', 'usr/sbin/knockd');
  addShared(tree, 'usr/share');
  for (const name of ['knock', 'knockd']) tree.link('bussa', `usr/share/bash-completion/completions/${name}`);
  tree.write(`${units}/knockd.service`, packagedUnit('/usr/sbin/knockd'));
  for (const name of DISABLED_UNITS) tree.write(`${units}/${name}`, unitOf(name, '/usr/bin/bussa'));
  // What Debian's postinst puts in its place: nothing below /etc is dpkg's, which would ask about the administrator's files.
  tree.copy('packaging/debian/knockd.conf', 'usr/share/bussa/knockd.conf');
  for (const name of ['default-knockd', 'knockd.logrotate', 'knockd.init', 'knockd-commands.conf'])
    tree.copy(`packaging/${name}`, `usr/share/bussa/${name}`);
  tree.write('usr/share/bussa/take-over.sh', takeOver());
}

/** Manual pages, completions, documents and examples, below `share`. */
export function addShared(tree: PackageTree, share: string): void {
  const pages = path.join(root, 'docs/man');
  for (const page of readdirSync(pages)) {
    tree.compress(readFileSync(path.join(pages, page)), `${share}/man/man${page.slice(-1)}/${page}`);
  }
  for (const [shell, file] of Object.entries(SHELLS)) {
    // By the sources: the executable may be another machine's.
    const args = ['--disable-warning=ExperimentalWarning', PROGRAM, 'completion', shell];
    const text = execFileSync(process.execPath, args, { encoding: 'utf8', env: {} });
    tree.write(`${share}/${file}`, text);
  }
  const examples = path.join(root, 'examples');
  for (const name of readdirSync(examples)) {
    tree.copy(`examples/${name}`, `${share}/doc/bussa/examples/${name}`);
  }
  tree.copy('packaging/knockd-commands.conf', `${share}/doc/bussa/examples/knockd-commands.conf`);
  tree.copy('packaging/fail2ban/bussa.conf', `${share}/doc/bussa/examples/fail2ban/bussa.conf`);
  tree.copy('packaging/fail2ban/bussa.jail.conf', `${share}/doc/bussa/examples/fail2ban/bussa.jail.conf`);
  const others = [
    ['koffi', 'LICENSE.txt'],
    ['uqr', 'LICENSE'],
    ['get-east-asian-width', 'license'],
    ...['iovalkey', '@iovalkey/commands', 'cluster-key-slot', 'debug', 'denque', 'lodash.defaults'].map(
      plain,
    ),
    ...['lodash.isarguments', 'redis-errors', 'redis-parser', 'standard-as-callback'].map(plain),
    ['ms', 'license.md'],
    ['preact', 'LICENSE'],
    ['uplot', 'LICENSE'],
  ].map(([name, file]) => `${name}\n\n${read(`node_modules/${name}/${file}`)}`);
  const licences = [`Node.js\n\n${read('LICENSE', nodePackage())}`, ...others].join('\n\n');
  tree.compress(licences, `${share}/doc/bussa/licences-of-others`);
}

const plain = (name: string): readonly [string, string] => [name, 'LICENSE'];

/** A unit with the program's place in it. */
const unitOf = (name: string, program: string): string =>
  read(`packaging/${name}`).replace('/usr/local/bin/bussa', program);

/** The unit with the words that are for whoever copies it from the sources replaced, and the program's place. */
export function packagedUnit(program: string): string {
  const unit = read('packaging/knockd.service');
  const body = unit.slice(unit.indexOf('[Unit]'));
  return `# Doors that open ports by themselves need no more than this. For doors with commands, and hooks, copy
# /usr/share/doc/bussa/examples/knockd-commands.conf to /etc/systemd/system/knockd.service.d/ as well.

${body.replace(/^ExecStart=\S+/m, `ExecStart=${program}`)}`;
}

/** What all packages do about a knockd that they replace; install.sh has to be whole by itself. */
function takeOver(): string {
  const script = read('packaging/tarball/install.sh');
  const [, part] = /^# ---- take-over: .*\n([\s\S]*)^# ---- end of take-over/m.exec(script) ?? [];
  if (part === undefined) throw new Error('install.sh has no part for the take-over');
  return `# shellcheck shell=sh\n${part}`;
}

export function read(file: string, below: string = root): string {
  return readFileSync(path.join(below, file), 'utf8');
}

const nodePackage = (): string => path.join(path.dirname(process.execPath), '..');
