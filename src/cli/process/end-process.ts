import { EXIT } from '../../host/self/exit-status.ts';
import { type RefusalExits, reportUncaught, writeError } from '../../host/self/report-uncaught.ts';
import { leaveProcess } from './leave-process.ts';
import { reportLostOutput } from './print.ts';

/**
 * Runs `main` and ends the process with the status that it resolves to. An unhandled system error ends it with one of
 * `exits` and a sentence. Open handles must not keep it alive, and neither must V8: process.exit joins V8's threads,
 * one of which may wait for a garbage collection that never comes (nodejs/node#54918). All output has been written by
 * then. If nothing is left to wait for before `main` resolves, that is a bug.
 */
export async function endWith(
  program: string,
  exits: RefusalExits,
  main: () => Promise<number>,
): Promise<void> {
  process.exitCode = EXIT.software;
  const fail = (error: unknown): void => void leaveProcess(reportUncaught(program, error, exits));
  // Exceptions outside of `main`. The daemon replaces this handler by its own.
  process.on('uncaughtException', fail);
  let status: number;
  try {
    status = await main();
  } catch (error) {
    if (process.listeners('uncaughtException').includes(fail)) return fail(error);
    throw error;
  }
  const lost = reportLostOutput();
  if (lost !== undefined) writeError(`${program}: ${lost}`);
  await leaveProcess(lost !== undefined && status === 0 ? exits.failed : status);
}
