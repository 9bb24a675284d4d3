import { EXIT } from '../../host/self/exit-status.ts';
import { type RefusalExits, reportUncaught, writeError } from '../../host/self/refusal-net.ts';
import { leaveProcess } from './leave-process.ts';
import { reportLostOutput } from './print.ts';

/**
 * Runs `main` and ends the process with the status that it resolves to; or, where the machine refuses what nobody has dealt
 * with, with one of `exits` and a sentence. Whatever is still open must not hold it, nor must V8: process.exit joins its
 * threads, of which one may wait for a garbage collection that never comes (nodejs/node#54918). All that is printed is
 * printed by then. A process that has nothing left to wait for before has a bug.
 */
export async function endWith(
  program: string,
  exits: RefusalExits,
  main: () => Promise<number>,
): Promise<void> {
  process.exitCode = EXIT.software;
  const fail = (error: unknown): void => void leaveProcess(reportUncaught(program, error, exits));
  // What is thrown where nobody waits for it. The daemon puts its own end in the place of this.
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
