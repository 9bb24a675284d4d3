import type { Commands, Opening } from '../../door/opening.ts';
import type { Millis } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import type { Word } from '../../text/word.ts';

export type CommandName = 'Start_Command' | 'Start_Command_6' | 'Stop_Command' | 'Stop_Command_6';

/** The commands of a door as they are written. Absent and empty differ, see `compileOpening`. */
export type CommandTexts = Partial<Record<CommandName, string>>;

/** MAX_ARG_STRLEN of <linux/binfmts.h> less the closing NUL: the longest argument `sh -c` can be given. */
export const MAX_COMMAND_BYTES = 131_071;

/** The longest address instead of `%IP%`. */
const LONGEST_ADDRESS = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
const LONGEST_USER = 'u'.repeat(32);

export function isCommandName(name: string): name is CommandName {
  return name.endsWith('_Command') || name.endsWith('_Command_6');
}

/**
 * What runs for each family. For IPv6 an absent command means the one for IPv4, an empty one nothing. Without a
 * start command nothing runs, a stop command neither.
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

/** A command that could never be run is found here and not at the first knock. */
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
