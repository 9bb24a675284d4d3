import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const repository = path.join(import.meta.dirname, '../..');

/** Tells how it was called, on standard output; with `--wait` it then lives until its standard input ends. */
const PROBE = `
const { argv, execArgv, env, pid } = process;
console.log(JSON.stringify({ file: argv[1], args: argv.slice(2), execArgv, cache: env.NODE_COMPILE_CACHE, pid }));
if (argv.includes('--wait')) process.stdin.resume();
process.exitCode = Number(env.PROBE_STATUS ?? 0);
`;

export type ProbeReport = {
  readonly file: string;
  readonly args: readonly string[];
  readonly execArgv: readonly string[];
  readonly cache?: string;
  readonly pid: number;
};

export type ScratchClone = Disposable & { readonly directory: string; path(...parts: string[]): string };

/**
 * A clone with this one's launchers, scripts and packages, in which both programs only tell how they were called.
 * Its path has everything in it that shells like to trip over.
 */
export function makeScratchClone(): ScratchClone {
  const parent = mkdtempSync(path.join(tmpdir(), 'bussa-clone-'));
  const directory = path.join(parent, "it's a $HOME; *");
  const at = (...parts: string[]): string => path.join(directory, ...parts);
  for (const part of ['bin', 'scripts']) cpSync(path.join(repository, part), at(part), { recursive: true });
  for (const part of ['package.json', 'package-lock.json']) cpSync(path.join(repository, part), at(part));
  for (const program of ['bussa', 'knock', 'knockd']) {
    mkdirSync(at(`src/cli/${program}`), { recursive: true });
    writeFileSync(at(`src/cli/${program}/${program}.ts`), PROBE);
  }
  mkdirSync(at('node_modules'));
  const node = globSync('node-linux-*', { cwd: path.join(repository, 'node_modules') });
  for (const name of ['koffi', 'fast-check', ...node]) {
    symlinkSync(path.join(repository, 'node_modules', name), at('node_modules', name));
  }
  cpSync(at('package-lock.json'), at('node_modules/.bussa-lock'));
  return {
    directory,
    path: at,
    [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }),
  };
}

/** Copies what git holds to another place, as if it had been checked out there at another time under that umask. */
export function copyClone(directory: string, seconds: number, mask: number): void {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: repository, encoding: 'utf8' }).split('\0');
  for (const file of files.filter((name) => name !== '')) {
    const copy = path.join(directory, file);
    mkdirSync(path.dirname(copy), { recursive: true });
    const original = path.join(repository, file);
    cpSync(original, copy);
    // git knows of a mode only whether the file is a program.
    chmodSync(copy, ((statSync(original).mode & 0o100) === 0 ? 0o666 : 0o777) & ~mask);
    utimesSync(copy, seconds, seconds);
  }
}
