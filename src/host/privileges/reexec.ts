import { dirname } from 'node:path';
import { keepThroughExec } from '../ffi/process-calls.ts';
import { isSelfContained, ownCommand } from '../self/own-program.ts';

/**
 * Becomes this very program again (execve(2)): the same process ID, arguments, directory and standard streams, one
 * thread. `fds` stay open beside these, `environment` is added to what there is. Does not return.
 */
export function reexec(fds: readonly number[], environment: Readonly<Record<string, string>>): never {
  if (process.execve === undefined) throw new Error('this Node.js has no process.execve: use 24 or later');
  for (const fd of fds) keepThroughExec(fd);
  const { file, name, args } = ownCommand();
  return process.execve(file, [name, ...args], { ...process.env, ...compiledSoFar(), ...environment });
}

/** What is compiled now need not be compiled again; a self-contained program brings all of it along. */
function compiledSoFar(): Readonly<Record<string, string>> {
  if (isSelfContained()) return {};
  // Imported above, it would be loaded, with much else, in the process that this one becomes too.
  const { flushCompileCache, getCompileCacheDir } = process.getBuiltinModule('node:module');
  flushCompileCache();
  const cache = getCompileCacheDir();
  // Node.js names the directory of its own version in the one that it was given.
  return cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) };
}
