import { dirname } from 'node:path';
import { keepThroughExec } from '../ffi/process-calls.ts';
import { isSelfContained, ownCommand } from '../self/own-program.ts';

/**
 * Re-executes this program (execve(2)): same pid, arguments, directory and standard streams, one thread. `fds` stay
 * open as well, `environment` is added. Does not return.
 */
export function reexec(fds: readonly number[], environment: Readonly<Record<string, string>>): never {
  if (process.execve === undefined) throw new Error('this Node.js has no process.execve: use 24 or later');
  for (const fd of fds) keepThroughExec(fd);
  const { file, name, args } = ownCommand();
  return process.execve(file, [name, ...args], { ...process.env, ...compiledSoFar(), ...environment });
}

/** Keeps what has been compiled so far. A self-contained program contains all of it. */
function compiledSoFar(): Readonly<Record<string, string>> {
  if (isSelfContained()) return {};
  // An import above would also be loaded, with its dependencies, in the re-executed process.
  const { flushCompileCache, getCompileCacheDir } = process.getBuiltinModule('node:module');
  flushCompileCache();
  const cache = getCompileCacheDir();
  // Node.js returns a version-specific subdirectory of the directory that it was given.
  return cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) };
}
