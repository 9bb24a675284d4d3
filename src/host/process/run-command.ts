import { type ProgramOutcome, runProgram } from './run-program.ts';

export type CommandOutcome = ProgramOutcome;

/**
 * Runs `text` through `/bin/sh -c` in a session of its own, as knockd does: it outlives the daemon. Without a
 * `directory` it runs in this process's own, even where that has been removed. Never rejects.
 */
export function runCommand(text: string, directory?: string): Promise<CommandOutcome> {
  return runProgram({ file: '/bin/sh', args: ['-c', text], directory });
}
