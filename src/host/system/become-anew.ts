import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { keepThroughExec } from '../ffi/process-calls.ts';

/**
 * Becomes this very program anew (execve(2)): the same process number, arguments, directory and standard streams, one
 * thread. `fds` stay open beside these, `environment` is added to what there is. Does not return.
 */
export function becomeAnew(fds: readonly number[], environment: Readonly<Record<string, string>>): never {
  if (process.execve === undefined) throw new Error('this Node.js has no process.execve: use 24 or later');
  for (const fd of fds) keepThroughExec(fd);
  // What is compiled by now need not be compiled again.
  flushCompileCache();
  const cache = getCompileCacheDir();
  return process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    // Node.js names the directory of its own version in the one that it was given.
    ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) }),
    ...environment,
  });
}
