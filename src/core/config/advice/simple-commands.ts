import { splitArgv } from '../../text/split-argv.ts';

/** One command of a line for a shell. */
export type SimpleCommand = {
  /** The name of the program without its directory. */
  readonly program: string;
  /** What follows it. */
  readonly args: readonly string[];
  /** Where the whole command stands in the line, in UTF-16 units, from the first character to behind the last. */
  readonly start: number;
  readonly end: number;
};

/** Programs that run the one behind them. */
const WRAPPERS = new Set(['sudo', 'doas', 'env', 'exec', 'command', 'nohup', 'nice']);

/**
 * The commands of a line that separates them by `;`, `&`, `|` and their doubles alone. `undefined` where it is more than
 * that: quotes that are not closed, expansions, redirections to be sure, groups or other grammar.
 */
export function simpleCommands(text: string): readonly SimpleCommand[] | undefined {
  const commands: SimpleCommand[] = [];
  for (const [start, end] of pieces(text)) {
    const piece = text.slice(start, end);
    if (piece.trim() === '') continue;
    // %IP% is an address by then.
    const split = splitArgv(piece);
    if (split.kind === 'bad' || split.shellSign !== undefined || /^\s*[({!]|^\s*#/.test(piece))
      return undefined;
    const words = [...split.argv];
    while (/^[A-Za-z_][A-Za-z0-9_]*=/.test(words[0] ?? '')) words.shift();
    while (words.length > 1 && (WRAPPERS.has(baseName(words[0])) || words[0] === '-n')) words.shift();
    const lead = piece.length - piece.trimStart().length;
    const program = baseName(words.shift());
    commands.push({ program, args: words, start: start + lead, end: start + piece.trimEnd().length });
  }
  return commands;
}

/** From where to where, without the separators. */
function pieces(text: string): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  let quote = '';
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === '\\' && quote !== "'") i++;
    else if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === '"' || c === "'") quote = c;
    else if (/[;&|]/.test(c)) {
      // `2>&1` and `>|` separate nothing; the split refuses them.
      if (/[<>]/.test(text.charAt(i - 1))) continue;
      found.push([start, i]);
      start = i + 1;
    }
  }
  return [...found, [start, text.length]];
}

const baseName = (path = ''): string => path.slice(path.lastIndexOf('/') + 1);
