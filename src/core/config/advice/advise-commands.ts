import type { Findings } from '../../text/findings.ts';
import { type FirstWord, firstWord } from '../../text/first-word.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitArgv } from '../../text/split-argv.ts';
import { sliceWord } from '../../text/word.ts';
import type { Entry, Section } from '../file/read-sections.ts';
import { isCommandName } from '../values/compile-opening.ts';
import { SHELL_MARK } from '../values/parse-hook.ts';
import type { HostFacts } from './written-door.ts';

/** Warns about the programs that a section runs. */
export function adviseCommands({ entries }: Section, host: HostFacts, findings: Findings): void {
  for (const entry of entries) {
    const { value } = entry;
    if (value === undefined || entry.directive.value !== 'command') continue;
    const first = programOf(entry, value.text);
    // A path with a variable beginning depends on where the daemon runs.
    if (first?.kind !== 'program' || /^[^/].*\//.test(first.name) || host.hasProgram(first.name)) continue;
    const remedy = first.name.startsWith('/')
      ? 'correct the path, or install it'
      : 'install it, or write its whole path';
    findings.warning(
      sliceWord(value, first.offset, first.offset + first.name.length),
      'command-not-found',
      `there is no program ${quoteText(first.name)} that could be run: ${remedy}`,
    );
  }
}

function programOf({ directive }: Entry, text: string): FirstWord | undefined {
  if (isCommandName(directive.name)) return firstWord(text);
  if (text.startsWith(SHELL_MARK)) {
    const first = firstWord(text.slice(SHELL_MARK.length));
    return first.kind === 'program' ? { ...first, offset: first.offset + SHELL_MARK.length } : first;
  }
  const result = splitArgv(text);
  const name = result.kind === 'ok' ? result.argv[0] : undefined;
  return name === undefined || !text.startsWith(name) ? undefined : { kind: 'program', name, offset: 0 };
}
