import type { DaemonSelector, NoAnswer } from '../../app/ask/ask-daemon.ts';
import type { FoundConfigFile } from '../../app/ask/find-config-file.ts';
import { DEFAULT_STATE_DIRECTORY } from '../../app/config/daemon-options.ts';
import type { Answers, AnswerVerb } from '../../core/control/contract.ts';
import type { ControlRequest } from '../../core/control/parse-request.ts';
import { printable } from '../../core/event/printable.ts';
import { EXIT, type ExitStatus } from '../../host/self/exit-status.ts';
import type { Operand, OptionTable } from '../arguments/option.ts';
import type { Action, Environment, Output } from '../arguments/verb.ts';
import { PLACE_OPTIONS, systemdStateDirectory } from '../knockd/knockd-options.ts';

/** The configuration that a verb examines. */
export const CONFIG_OPERAND: Operand = {
  name: 'FILE',
  summary:
    'the configuration (default: that of the running daemon, else of the daemon that ran last, else `/etc/knockd.conf`)',
  completes: 'file',
  optional: true,
};

/** Selects the daemon that a verb talks to. */
export const SELECTOR_OPTIONS = {
  config: {
    ...PLACE_OPTIONS.config,
    summary: "the daemon's configuration, if more than one daemon runs",
  },
  interface: {
    ...PLACE_OPTIONS.interface,
    summary: 'its interfaces, if it was started with `-i`',
    details: '',
  },
  state: { ...PLACE_OPTIONS.state, summary: 'its state directory (default `/var/lib/bussa`)' },
} as const satisfies OptionTable;

/** Values by the names in `SELECTOR_OPTIONS`. */
export function readSelector(values: ReadonlyMap<string, string>, environment: Environment): DaemonSelector {
  const configFile = values.get('config');
  const interfaces = values.get('interface');
  return {
    ...(configFile === undefined ? {} : { configFile }),
    ...(interfaces === undefined ? {} : { interfaces }),
    stateDirectory: values.get('state') ?? systemdStateDirectory(environment) ?? DEFAULT_STATE_DIRECTORY,
  };
}

/** Asks the daemon and passes its answer to `use`; without an answer, prints why. */
export function askAction<V extends AnswerVerb>(
  choice: DaemonSelector,
  request: ControlRequest<V>,
  use: (answer: Answers[V], output: Output) => ExitStatus,
): Action {
  return async (output) => {
    const { askDaemon } = await import('../../app/ask/ask-daemon.ts');
    const reply = await askDaemon(choice, request);
    return reply.kind === 'answer' ? use(reply.answer, output) : printNoAnswer(reply, output);
  };
}

/**
 * The configuration to examine: the operand, or the one that the running or the last daemon uses, which is then
 * printed.
 */
export async function judgedFile(
  operand: string | undefined,
  choice: DaemonSelector,
  output: Output,
): Promise<FoundConfigFile | ExitStatus> {
  if (operand !== undefined) return { file: operand, from: 'named' };
  const { findConfigFile: findJudged, renderChoice } = await import('../../app/ask/find-config-file.ts');
  const found = await findJudged(choice);
  if ('kind' in found) return printNoAnswer(found, output);
  const notice = renderChoice(found);
  if (notice !== undefined && !output.json) output.error(`bussa: ${notice}`);
  return found;
}

/** Prints why there is no answer. Returns the exit status. */
export function printNoAnswer(reply: NoAnswer, output: Output): ExitStatus {
  output.error(`bussa: ${printable(reply.message)}`);
  if (reply.kind === 'no-daemon') return EXIT.noDaemon;
  return reply.kind === 'permission' ? EXIT.permission : EXIT.failed;
}
