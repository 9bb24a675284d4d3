/** BOUNDED: lines of a program's errors that are kept, and characters of them together. */
const MAX_LINES = 3;
const MAX_LENGTH = 400;

/** Where help is to be had, or how the program is called: not why it failed. */
const HINTS: readonly RegExp[] = [
  /^try ['"`‘]?.*(?:--?h(?:elp)?\b|\bhelp\b)/i,
  /^(?:type|use|run|see|consult)\b.*(?:--?help\b|\bman\b|manual|\bhelp\b|journalctl|for details|for (?:more|further) )/i,
  /\bfor (?:more|further|detailed) (?:help|information|details)\b/i,
  /^\(?(?:e\.g\.|example|hint)s?:/i,
];

/** It says itself that something is wrong. */
const TELLING =
  /\b(?:errors?|err|fail(?:s|ed|ure)?|fatal|critical|cannot|can't|can’t|could not|couldn't|unable|invalid|illegal|bad|unknown|unrecogni[sz]ed|unexpected|missing|not found|no such|not running|not permitted|denied|refused|reject(?:ed)?|timed? ?out|unreachable|exceeded|in use|busy|exists?|does(?:n't| not)|must|required|too (?:long|many|large)|out of)\b|[A-Za-z]*(?:Error|Exception)\b/i;

/** nft(8) and compilers point with them. */
const POINTER = /^[\^~\s]+$/;

/** The head of a list of options, of commands, of ways to call a program. */
const USAGE =
  /^(?:usage|options|commands|arguments|positional arguments|optional arguments|synopsis)\b\s*:?/i;

const TRACEBACK = /^Traceback \(most recent call last\)/;

/**
 * Of what a failed program has written to its standard error, the lines that say why, in one line: an error and not the
 * help behind it, what a traceback ends with and not where it was. `undefined` where it has written nothing.
 */
export function chooseErrorLines(text: string): string | undefined {
  // A progress bar goes back to the beginning of its line; colours say nothing.
  const lines = withoutColours(text)
    .split(/[\r\n]+/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '');
  const plain = withoutDetails(lines).map((line) => line.trim());
  const said = plain.filter((line) => !HINTS.some((hint) => hint.test(line)));
  const telling = said.filter((line) => TELLING.test(line));
  const some = [telling, said, plain, lines].find((each) => each.length > 0);
  if (some === undefined) return undefined;
  // What tells nothing by itself is told by its last line, as ever.
  const chosen = some === telling ? distinct(some).slice(-MAX_LINES) : some.slice(-1);
  return shortened(chosen.map((line) => line.trim()).join('; '));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal's sequences are made of.
const withoutColours = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '');

/** Without what belongs to a line before it: frames of a traceback, what nft points at, how a program is called. */
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

/** What shells say when the machine has nothing left to start a program with. */
const NO_RESOURCES =
  /\b(?:cannot|can't) fork\b|\bfork: (?:retry: )?(?:resource temporarily unavailable|cannot allocate memory)|: (?:cannot allocate memory|resource temporarily unavailable|too many open files(?: in system)?)$/im;

/** Statuses of dash, bash and busybox for a program that they could not start. */
const SHELL_STATUSES: ReadonlySet<number> = new Set([2, 126, 127, 128, 254]);

/** Whether it was the shell that could not start a program, for want of processes, memory or descriptors. */
export const hadNoResources = (status: number, errors: string): boolean =>
  SHELL_STATUSES.has(status) && NO_RESOURCES.test(errors);
