// What the packages hold, as files below a directory.

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

export const root = path.join(import.meta.dirname, '..');

const SHELLS = {
  bash: 'bash-completion/completions/bussa',
  zsh: 'zsh/vendor-completions/_bussa',
  fish: 'fish/vendor_completions.d/bussa.fish',
} as const;

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

/** Manual pages, completions, documents and examples, below `share`. */
export function addShared(tree: PackageTree, share: string, executable: string): void {
  const pages = path.join(root, 'docs/man');
  for (const page of readdirSync(pages)) {
    tree.compress(readFileSync(path.join(pages, page)), `${share}/man/man${page.slice(-1)}/${page}`);
  }
  for (const [shell, file] of Object.entries(SHELLS)) {
    const text = execFileSync(executable, ['completion', shell], { encoding: 'utf8', env: {} });
    tree.write(`${share}/${file}`, text);
  }
  const examples = path.join(root, 'examples');
  for (const name of readdirSync(examples)) {
    tree.copy(`examples/${name}`, `${share}/doc/bussa/examples/${name}`);
  }
  tree.copy('packaging/knockd-commands.conf', `${share}/doc/bussa/examples/knockd-commands.conf`);
  const program = share.startsWith('usr/') ? '/usr/bin/bussa' : '/usr/local/bin/bussa';
  for (const name of ['bussa-web.service', 'bussa-web.socket']) {
    const unit = read(`packaging/${name}`).replace('/usr/local/bin/bussa', program);
    tree.write(`${share}/doc/bussa/examples/${name}`, unit);
  }
  tree.copy('packaging/fail2ban/bussa.conf', `${share}/doc/bussa/examples/fail2ban/bussa.conf`);
  tree.copy('packaging/fail2ban/bussa.jail.conf', `${share}/doc/bussa/examples/fail2ban/bussa.jail.conf`);
  const others = [
    ['koffi', 'LICENSE.txt'],
    ['uqr', 'LICENSE'],
    ['get-east-asian-width', 'license'],
    ['preact', 'LICENSE'],
    ['uplot', 'LICENSE'],
  ].map(([name, file]) => `${name}\n\n${read(`node_modules/${name}/${file}`)}`);
  const licences = [`Node.js\n\n${read('LICENSE', nodePackage())}`, ...others].join('\n\n');
  tree.compress(licences, `${share}/doc/bussa/licences-of-others`);
}

/** The unit with the words that are for whoever copies it from the sources replaced, and the program's place. */
export function packagedUnit(program: string): string {
  const unit = read('packaging/knockd.service');
  const body = unit.slice(unit.indexOf('[Unit]'));
  return `# Doors that open ports by themselves need no more than this. For doors with commands, and hooks, copy
# /usr/share/doc/bussa/examples/knockd-commands.conf to /etc/systemd/system/knockd.service.d/ as well.

${body.replace(/^ExecStart=\S+/m, `ExecStart=${program}`)}`;
}

export function read(file: string, below: string = root): string {
  return readFileSync(path.join(below, file), 'utf8');
}

const nodePackage = (): string => path.join(path.dirname(process.execPath), '..');
