/** BOUNDED: lines kept of a program's error output, and their total characters. */
const MAX_LINES = 3;
const MAX_LENGTH = 400;

/** Usage and help lines: not the reason of the failure. */
const HINTS: readonly RegExp[] = [
  /^try ['"`‘]?.*(?:--?h(?:elp)?\b|\bhelp\b)/i,
  /^(?:type|use|run|see|consult)\b.*(?:--?help\b|\bman\b|manual|\bhelp\b|journalctl|for details|for (?:more|further) )/i,
  /\bfor (?:more|further|detailed) (?:help|information|details)\b/i,
  /^\(?(?:e\.g\.|example|hint)s?:/i,
];

/** Lines that clearly report an error. */
const TELLING =
  /\b(?:errors?|err|fail(?:s|ed|ure)?|fatal|critical|cannot|can't|can’t|could not|couldn't|unable|invalid|illegal|bad|unknown|unrecogni[sz]ed|unexpected|missing|not found|no such|not running|not permitted|denied|refused|reject(?:ed)?|timed? ?out|unreachable|exceeded|in use|busy|exists?|does(?:n't| not)|must|required|too (?:long|many|large)|out of)\b|[A-Za-z]*(?:Error|Exception)\b/i;

/** Pointers of nft(8) and compilers. */
const POINTER = /^[\^~\s]+$/;

/** The head of a list of options, commands or usages. */
const USAGE =
  /^(?:usage|options|commands|arguments|positional arguments|optional arguments|synopsis)\b\s*:?/i;

const TRACEBACK = /^Traceback \(most recent call last\)/;

/**
 * Chooses, from a failed program's standard error, the lines that say why, as one line: the error, not the help after
 * it, and the end of a traceback, not its frames. `undefined`: it wrote nothing.
 */
export function chooseErrorLines(text: string): string | undefined {
  // A progress bar returns to the start of its line; colours carry no meaning.
  const lines = withoutColours(text)
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '');
  const plain = withoutDetails(lines).map((line) => line.trim());
  const said = plain.filter((line) => !HINTS.some((hint) => hint.test(line)));
  const telling = said.filter((line) => TELLING.test(line));
  const some = [telling, said, plain, lines].find((each) => each.length > 0);
  if (some === undefined) return undefined;
  // Without a telling line, the last line is used.
  const chosen = some === telling ? distinct(some).slice(-MAX_LINES) : some.slice(-1);
  return shortened(chosen.map((line) => line.trim()).join('; '));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes of a terminal begin with the escape character.
const withoutColours = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '');

/** Removes details of a previous line: traceback frames, nft's pointers, usages. */
function withoutDetails(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let inside: 'traceback' | 'usage' | undefined;
  for (const [index, line] of lines.entries()) {
    const isIndented = /^\s/.test(line);
    if (TRACEBACK.test(line)) inside = 'traceback';
    else if (USAGE.test(line)) inside = 'usage';
    else if (inside !== undefined && isIndented) continue;
    else if (inside === 'usage' && !TELLING.test(line)) continue;
    else if (POINTER.test(line) || POINTER.test(lines[index + 1] ?? '')) continue;
    else {
      inside = undefined;
      kept.push(line);
    }
  }
  return kept;
}

const distinct = (lines: readonly string[]): string[] => [...new Set(lines)];

/** The beginning says what failed, the end often why. */
function shortened(line: string): string {
  const characters = [...line];
  if (characters.length <= MAX_LENGTH) return line;
  const half = Math.floor((MAX_LENGTH - 3) / 2);
  return `${characters.slice(0, half).join('')} … ${characters.slice(-half).join('')}`;
}

/** Messages of shells when the machine lacks the resources to start a program. */
const NO_RESOURCES =
  /\b(?:cannot|can't) fork\b|\bfork: (?:retry: )?(?:resource temporarily unavailable|cannot allocate memory)|: (?:cannot allocate memory|resource temporarily unavailable|too many open files(?: in system)?)$/im;

/** Exit statuses of dash, bash and busybox for a program that they could not start. */
const SHELL_STATUSES: ReadonlySet<number> = new Set([2, 126, 127, 128, 254]);

/** Whether the shell could not start a program, for lack of processes, memory or descriptors. */
export const hadNoResources = (status: number, errors: string): boolean =>
  SHELL_STATUSES.has(status) && NO_RESOURCES.test(errors);
