import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  mkdirSync(at('src/cli'), { recursive: true });
  for (const program of ['bussa', 'knock', 'knockd']) writeFileSync(at(`src/cli/${program}.ts`), PROBE);
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
