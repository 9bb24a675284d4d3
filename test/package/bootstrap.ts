import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
export const OUTPUT = { maxBuffer: 64 * 1024 * 1024 } as const;
export const SUITE = 'bookworm';

/** Where another distribution than Debian comes from, and the script that makes it. */
export type Origin = { readonly mirror: string; readonly script: string };

/**
 * Makes an archive of a bare system: debootstrap with these options, completed by `complete`. The archive appears whole,
 * or not at all.
 */
export async function bootstrap(
  archive: string,
  options: readonly string[],
  complete: (directory: string, proxy: string) => void | Promise<void>,
  suite: string = SUITE,
  origin?: Origin,
): Promise<void> {
  const directory = mkdtempSync('/var/tmp/bussa-bootstrap-');
  try {
    const proxy = await aptProxy();
    const env = { PATH: process.env.PATH, ...(proxy === '' ? {} : { http_proxy: proxy }) };
    const from = origin === undefined ? [await mirror()] : [origin.mirror, origin.script];
    const args = [...options, '--variant=minbase', suite, directory, ...from];
    await exec('debootstrap', args, { ...OUTPUT, env });
    await complete(directory, proxy);
    mkdirSync(path.dirname(archive), { recursive: true });
    const half = `${archive}.${process.pid}`;
    await exec('tar', ['-cf', half, '-C', directory, '.'], OUTPUT);
    renameSync(half, archive);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Where this machine's own apt gets Debian from. */
async function mirror(): Promise<string> {
  const { stdout } = await exec('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI)',
    'Origin: Debian',
    'Created-By: Packages',
  ]);
  const [first] = stdout.split('\n');
  if (first === undefined || first === '')
    throw new Error('apt has no lists of a Debian mirror: run apt-get update');
  return first;
}

/** The one through which this machine's apt fetches, or nothing. */
export async function aptProxy(): Promise<string> {
  const script = 'proxy=; eval "$(apt-config shell proxy Acquire::http::Proxy)"; printf %s "$proxy"';
  const { stdout } = await exec('sh', ['-c', script]);
  return stdout;
}
