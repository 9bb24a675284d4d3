/** sysexits.h: EX_SOFTWARE. */
const EXIT_SOFTWARE = 70;

/**
 * Ends the process with the status that `main` resolves to. Whatever is still open must not hold it, nor must V8:
 * process.exit joins its threads, of which one may wait for a garbage collection that never comes (nodejs/node#54918).
 * All that is printed is printed by then. A process that has nothing left to wait for before has a bug.
 */
export async function endWith(main: Promise<number>): Promise<never> {
  process.exitCode = EXIT_SOFTWARE;
  const status = await main;
  const { exitNow } = await import('../../host/ffi/exit-now.ts');
  process.getBuiltinModule('node:module').flushCompileCache();
  return exitNow(status);
}
