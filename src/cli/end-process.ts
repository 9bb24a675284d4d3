import { flushCompileCache } from 'node:module';

/**
 * Ends the process now. Whatever is still open must not hold it, nor must V8: process.exit joins its threads, of which
 * one may wait for a garbage collection that never comes (nodejs/node#54918). All that is printed is printed by now.
 */
export async function endProcess(status: number): Promise<never> {
  const { exitNow } = await import('../host/ffi/exit-now.ts');
  flushCompileCache();
  return exitNow(status);
}
