import { splitArgv } from '../../text/split-argv.ts';

/** A simple command of a shell line. */
export type SimpleCommand = {
  /** The program's name without its directory. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Position of the whole command in the line, in UTF-16 units; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
};

/** Programs that run the one after them. */
const WRAPPERS = new Set(['sudo', 'doas', 'env', 'exec', 'command', 'nohup', 'nice']);

/**
 * The commands of a line that only uses `;`, `&`, `|`, `&&` and `||`. `undefined` if it has more: unclosed quotes,
 * expansions, some redirections, groups or other syntax.
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

/** Start and end of each, without the separators. */
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
      // `2>&1` and `>|` are not separators; the split refuses them.
      if (/[<>]/.test(text.charAt(i - 1))) continue;
      found.push([start, i]);
      start = i + 1;
    }
  }
  return [...found, [start, text.length]];
}

const baseName = (path = ''): string => path.slice(path.lastIndexOf('/') + 1);
