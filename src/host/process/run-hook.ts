import type { Hook, HookEnvironment } from '../../core/door/hook.ts';
import type { CommandFailure } from '../../core/event/event.ts';
import { type Excess, LimitedProgram, type ProgramLimits } from './program-limits.ts';
import { type ProgramCall, runProgram } from './run-program.ts';

export type HookOutcome =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'failed';
      readonly failure: CommandFailure | Excess;
      readonly lastErrorLine?: string;
    };

export const DEFAULT_HOOK_LIMITS: ProgramLimits = { timeMs: 30_000, graceMs: 5_000, outputBytes: 65_536 };

/**
 * Runs a hook with only these variables and this process's PATH. Its output is dropped, except for the last line of
 * standard error. Exceeding a limit counts as failure, whatever its status. Processes that it leaves behind when it
 * ends in time live on. Never rejects.
 */
export async function runHook(
  hook: Hook,
  variables: HookEnvironment,
  directory?: string,
  limits: ProgramLimits = DEFAULT_HOOK_LIMITS,
): Promise<HookOutcome> {
  const { PATH } = process.env;
  const environment = PATH === undefined ? variables : { PATH, ...variables };
  const limited: LimitedProgram[] = [];
  const outcome = await runProgram({ ...callOf(hook), directory, environment }, (program) => {
    limited.push(new LimitedProgram(program, limits));
  });
  const excess = await limited[0]?.release();
  if (excess === undefined) return outcome;
  const lastErrorLine = outcome.kind === 'failed' ? outcome.lastErrorLine : undefined;
  return { kind: 'failed', failure: excess, ...(lastErrorLine === undefined ? {} : { lastErrorLine }) };
}

function callOf(hook: Hook): Pick<ProgramCall, 'file' | 'args'> {
  if (hook.kind === 'shell') return { file: '/bin/sh', args: ['-c', hook.text] };
  const [file, ...args] = hook.argv;
  return { file, args };
}
