import { LimitedProgram } from './program-limits.ts';
import { type ProgramOutcome, runProgram } from './run-program.ts';

export type CommandOutcome = ProgramOutcome;

/** From SIGTERM to SIGKILL, for a command that is being ended. */
const GRACE_MS = 5_000;

/**
 * Runs `text` by `/bin/sh -c` in a session of its own, as knockd does: it outlives the daemon. Without a `directory` it
 * runs in this process's, even if that has been removed. With a `timeMs` above 0 it is ended after that time, and then
 * counts as failed. If a signal or the time limit ended it, its process group has ended too when this resolves, so
 * nothing of it runs beside the next one. Never rejects.
 */
export async function runCommand(text: string, directory?: string, timeMs = 0): Promise<CommandOutcome> {
  const limits = { graceMs: GRACE_MS, ...(timeMs > 0 ? { timeMs } : {}) };
  const limited: LimitedProgram[] = [];
  const outcome = await runProgram({ file: '/bin/sh', args: ['-c', text], directory }, (program) => {
    limited.push(new LimitedProgram(program, limits));
  });
  const wasKilled = outcome.kind === 'failed' && outcome.failure.kind === 'signal';
  if (wasKilled) limited[0]?.end();
  const excess = await limited[0]?.release();
  if (excess?.kind !== 'timed-out') return outcome;
  return { ...(outcome.kind === 'failed' ? outcome : {}), kind: 'failed', failure: excess };
}
