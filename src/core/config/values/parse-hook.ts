import type { Hook } from '../../door/hook.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitArgv } from '../../text/split-argv.ts';
import { sliceWord, trimWord, type Word } from '../../text/word.ts';
import { MAX_COMMAND_BYTES } from './compile-opening.ts';

/** Introduces a hook for `/bin/sh -c`. */
export const SHELL_MARK = 'sh:';

/** A program with its arguments or, after `sh:`, text for a shell. The value is not empty. */
export function parseHook(value: Word, findings: Findings): Hook | undefined {
  judgePlaceholder(value, findings);
  if (!value.text.startsWith(SHELL_MARK)) return parseArgv(value, findings);
  const text = trimWord(sliceWord(value, SHELL_MARK.length));
  if (text.text === '') {
    findings.error(value, 'a command is missing after sh: write what /bin/sh should run');
    return undefined;
  }
  return fits(text, [text.text], findings) ? { kind: 'shell', text: text.text } : undefined;
}

function parseArgv(value: Word, findings: Findings): Hook | undefined {
  const result = splitArgv(value.text);
  if (result.kind === 'bad') {
    findings.error(sliceWord(value, result.offset), result.message);
    return undefined;
  }
  const { argv, shellSign } = result;
  if (shellSign !== undefined) {
    const shown = quoteText(value.text.slice(shellSign).split(/[ \t]/, 1)[0] ?? '');
    const remedy = `begin the value with ${SHELL_MARK} to run it in a shell, or put it in '...'`;
    findings.warning(
      sliceWord(value, shellSign),
      'no-shell',
      `no shell interprets ${shown}, it is taken literally: ${remedy}`,
    );
  }
  const [program = '', ...args] = argv;
  if (program === '') {
    findings.error(value, 'the name of the program is empty: write its path, as in /usr/bin/logger');
    return undefined;
  }
  return fits(value, argv, findings) ? { kind: 'argv', argv: [program, ...args] } : undefined;
}

/** Linux accepts no longer argument, and would report it only when the hook runs. */
function fits(at: Word, argv: readonly string[], findings: Findings): boolean {
  if (argv.every((each) => new TextEncoder().encode(each).length <= MAX_COMMAND_BYTES)) return true;
  findings.error(at, `the command is longer than ${MAX_COMMAND_BYTES} bytes: put it into a script`);
  return false;
}

function judgePlaceholder(value: Word, findings: Findings): void {
  const place = value.text.indexOf('%IP%');
  if (place < 0) return;
  const remedy = `a hook gets the address in the environment, as BUSSA_IP: ${SHELL_MARK} logger "$BUSSA_IP"`;
  findings.warning(sliceWord(value, place), 'no-placeholder', `"%IP%" is not replaced here: ${remedy}`);
}
