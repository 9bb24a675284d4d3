/** The words of a command line, or its mistake. Offsets are in UTF-16 units. */
export type ArgvResult =
  | {
      readonly kind: 'ok';
      readonly argv: readonly string[];
      /** Position of the first character that a shell would interpret, but that is taken literally here. */
      readonly shellSign?: number;
    }
  | { readonly kind: 'bad'; readonly offset: number; readonly message: string };

/** What a shell would expand, or where it would end a command. */
const EXPANSION = /^(`|\$[a-zA-Z0-9_{(@*#?$!-])/;
const OPERATOR = /^[|&;<>]/;

/**
 * Splits as a POSIX shell does (XCU 2.2, Quoting): at blanks, with '…', "…" and the backslash, but without variables,
 * wildcards, pipes or comments.
 */
export function splitArgv(text: string): ArgvResult {
  const argv: string[] = [];
  let word: string | undefined;
  let shellSign: number | undefined;
  let quote: { readonly mark: string; readonly offset: number } | undefined;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    const rest = text.slice(i, i + 2);
    if (quote?.mark !== "'" && (EXPANSION.test(rest) || (quote === undefined && OPERATOR.test(rest)))) {
      shellSign ??= i;
    }
    if (c === quote?.mark) {
      quote = undefined;
    } else if (quote === undefined && (c === "'" || c === '"')) {
      quote = { mark: c, offset: i };
      word ??= '';
    } else if (quote === undefined && (c === ' ' || c === '\t')) {
      if (word !== undefined) argv.push(word);
      word = undefined;
    } else if (c === '\\' && escapes(quote?.mark, text.charAt(i + 1))) {
      if (i + 1 === text.length) return bad(i, 'a backslash at the end: write it twice, or remove it');
      word = (word ?? '') + text.charAt(++i);
    } else {
      word = (word ?? '') + c;
    }
  }
  if (quote !== undefined) return bad(quote.offset, `the quote ${quote.mark} is never closed: close it`);
  if (word !== undefined) argv.push(word);
  return shellSign === undefined ? { kind: 'ok', argv } : { kind: 'ok', argv, shellSign };
}

/** Whether a backslash quotes the next character, or is literal. */
function escapes(mark: string | undefined, next: string): boolean {
  if (mark === "'") return false;
  return mark === undefined || (next !== '' && '$`"\\'.includes(next));
}

function bad(offset: number, message: string): ArgvResult {
  return { kind: 'bad', offset, message };
}
