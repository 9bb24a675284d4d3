// node FLAG… scripts/compile-ahead.ts PROGRAM [ARG…], in the directory of PROGRAM.js and koffi.node: runs the bundled program
// with these arguments and writes what V8 has compiled of it by its end to PROGRAM.cache, beside what an earlier run has
// compiled. V8 takes it from there only in a process with the same flags.

import ffi from 'node:ffi';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';

type Koffi = typeof import('koffi').default;

const [name = '', ...args] = process.argv.slice(2);
const cache = `${name}.cache`;
const earlier = existsSync(cache) ? { cachedData: readFileSync(cache) } : {};
const script = new Script(readFileSync(`${name}.js`, 'latin1'), { filename: `${name}.js`, ...earlier });
const require = createRequire(path.resolve('bundle'));
process.argv.splice(2, process.argv.length, ...args);

/** What a program says whose port nobody opens. */
const CLOSED = 1;

process.on('exit', (status) => {
  writeFileSync(cache, script.createCachedData());
  if (status === CLOSED) process.exitCode = 0;
});
endByExit(ffi);
(script.runInThisContext() as (find: (module: string) => unknown) => void)((module) =>
  module === './koffi.node' ? withOwnEnd(require(module) as Koffi) : require(module),
);

/** The programs end by _exit(2), which no listener hears of. */
function endByExit(ffi: { dlopen: typeof import('node:ffi')['dlopen'] }): void {
  const { dlopen } = ffi;
  ffi.dlopen = ((...args: Parameters<typeof dlopen>) => {
    const { lib, functions } = dlopen(...args);
    return { lib, functions: '_exit' in functions ? { ...functions, _exit: process.exit } : functions };
  }) as typeof dlopen;
}

/** The same of what koffi calls. */
function withOwnEnd(koffi: Koffi): Koffi {
  const load: Koffi['load'] = (...names) => {
    const library = koffi.load(...names);
    const func = (...definition: Parameters<typeof library.func>): unknown =>
      `${definition[0]}` === 'void _exit(int)' ? process.exit : library.func(...definition);
    return withReplaced(library, 'func', func);
  };
  return withReplaced(koffi, 'load', load);
}

function withReplaced<T extends object>(whole: T, name: keyof T, value: unknown): T {
  return new Proxy(whole, { get: (target, key) => (key === name ? value : Reflect.get(target, key)) });
}
