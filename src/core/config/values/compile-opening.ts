import type { Commands, Opening } from '../../door/opening.ts';
import type { Millis } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import type { Word } from '../../text/word.ts';

export type CommandName = 'Start_Command' | 'Start_Command_6' | 'Stop_Command' | 'Stop_Command_6';

/** The commands of a door as written. Absent and empty differ, see `compileOpening`. */
export type CommandTexts = Partial<Record<CommandName, string>>;

/** MAX_ARG_STRLEN of <linux/binfmts.h> less the terminating NUL: the longest argument of `sh -c`. */
export const MAX_COMMAND_BYTES = 131_071;

/** The longest address that can replace `%IP%`. */
const LONGEST_ADDRESS = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
const LONGEST_USER = 'u'.repeat(32);

export function isCommandName(name: string): name is CommandName {
  return name.endsWith('_Command') || name.endsWith('_Command_6');
}

/**
 * The commands of each family. For IPv6 an absent command means the IPv4 one, an empty one nothing. Without a start
 * command nothing runs, not even the stop command.
 */
export function compileOpening(texts: CommandTexts, cmdTimeout: Millis): Opening {
  const { Start_Command: start = '', Stop_Command: stop = '' } = texts;
  const { Start_Command_6: start6 = start, Stop_Command_6: stop6 = stop } = texts;
  return {
    kind: 'command',
    commands: { 4: commandsOf(start, stop), 6: commandsOf(start6, stop6) },
    cmdTimeout,
  };
}

/** Finds commands that could never run when the file is read, not at the first knock. */
export function judgeCommandLength(command: Word, findings: Findings): void {
  const longest = command.text.replaceAll('%IP%', LONGEST_ADDRESS).replaceAll('%USER%', LONGEST_USER);
  if (longest.length * 3 <= MAX_COMMAND_BYTES) return;
  if (new TextEncoder().encode(longest).length <= MAX_COMMAND_BYTES) return;
  findings.error(command, `the command is longer than ${MAX_COMMAND_BYTES} bytes: put it into a script`);
}

function commandsOf(start: string, stop: string): Commands {
  if (start === '') return {};
  return stop === '' ? { start } : { start, stop };
}
