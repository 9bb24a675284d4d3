// Just enough of TypeScript's grammar to find what a file imports: words, strings and marks; comments, templates
// and regular expressions are told from them.

export type Token =
  | { readonly kind: 'word' | 'mark'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'literal'; readonly text: string };

/** Alternatives in order: blank, comment, string, word, number, mark. Templates and regular expressions are apart. */
const LEXEME =
  /(?<skip>\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")|(?<word>#?[\p{ID_Start}$_][\p{ID_Continue}$]*)|(?<number>\d[\w.]*)|(?<mark>[\s\S])/uy;

const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** After these words a slash begins a regular expression; after any other word it divides. */
const BEFORE_EXPRESSION = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'do',
  'else',
  'throw',
  'await',
  'yield',
  'void',
  'delete',
  'instanceof',
  'new',
]);

export function readTokens(source: string): readonly Token[] {
  const tokens: Token[] = [];
  /** For each open `{`: whether it is a template's `${`, whose end goes on with the template. */
  const braces: boolean[] = [];
  let at = 0;
  while (at < source.length) {
    const char = source[at];
    if (char === '`' || (char === '}' && braces.at(-1) === true)) {
      if (char === '}') braces.pop();
      const end = templateEnd(source, at + 1);
      if (source[end - 1] === '{') braces.push(true);
      tokens.push({ kind: 'literal', text: '``' });
      at = end;
    } else if (char === '/' && startsRegExp(source, at, tokens.at(-1))) {
      REGEXP.lastIndex = at;
      tokens.push({ kind: 'literal', text: '//' });
      at += REGEXP.exec(source)?.[0].length ?? 1;
    } else {
      if (char === '{') braces.push(false);
      if (char === '}') braces.pop();
      LEXEME.lastIndex = at;
      const match = LEXEME.exec(source);
      const token = match === null ? undefined : tokenOf(match);
      if (token !== undefined) tokens.push(token);
      at += match?.[0].length ?? 1;
    }
  }
  return tokens;
}

/** The modules a file names, types included, in order. */
export function readImports(source: string): readonly string[] {
  const tokens = readTokens(source);
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || tokens[index - 1]?.text === '.') return [];
    const next = tokens[index + 1];
    const called = next?.text === '(' && tokens[index + 2]?.kind === 'string' ? tokens[index + 2] : undefined;
    switch (token.text) {
      case 'import':
        if (next?.kind === 'string') return [next.text];
        return called === undefined ? clauseSource(tokens, index + 1) : [called.text];
      case 'export':
        return clauseSource(tokens, index + 1);
      case 'require':
      case 'getBuiltinModule':
        return called === undefined ? [] : [called.text];
      default:
        return [];
    }
  });
}

/** Whether a file holds nothing but `export … from`. */
export function isBarrel(source: string): boolean {
  const tokens = readTokens(source);
  let at = 0;
  while (at < tokens.length) {
    if (tokens[at]?.text !== 'export' || clauseSource(tokens, at + 1).length === 0) return false;
    while (at < tokens.length && tokens[at]?.kind !== 'string') at += 1;
    at += tokens[at + 1]?.text === ';' ? 2 : 1;
  }
  return tokens.length > 0;
}

/** What comes after `from` in a clause such as `type { A, b as c }`, `* as d` or `e, { f }`; a declaration has none. */
function clauseSource(tokens: readonly Token[], start: number): readonly string[] {
  let inBraces = false;
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at] as Token;
    if (token.text === 'from' && !inBraces && tokens[at + 1]?.kind === 'string') {
      return [(tokens[at + 1] as Token).text];
    }
    if (token.text === '{') inBraces = true;
    else if (token.text === '}') inBraces = false;
    else if (inBraces ? token.kind === 'literal' : !isClausePart(token)) return [];
  }
  return [];
}

function isClausePart(token: Token): boolean {
  const isDeclaration =
    /^(?:const|let|var|function|class|interface|async|default|declare|abstract|enum)$/.test(token.text);
  return token.kind === 'word' ? !isDeclaration : token.text === '*' || token.text === ',';
}

function startsRegExp(source: string, at: number, previous: Token | undefined): boolean {
  if (source[at + 1] === '/' || source[at + 1] === '*') return false;
  if (previous === undefined) return true;
  if (previous.kind === 'word') return BEFORE_EXPRESSION.has(previous.text);
  return previous.kind === 'mark' && ![')', ']', '}'].includes(previous.text);
}

/** Past the closing backtick, or past the `${` that interrupts the text. */
function templateEnd(source: string, start: number): number {
  for (let at = start; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '`') return at + 1;
    else if (source[at] === '$' && source[at + 1] === '{') return at + 2;
  }
  return source.length;
}

function tokenOf(match: RegExpExecArray): Token | undefined {
  const { string, word, number, mark } = match.groups ?? {};
  if (string !== undefined) return { kind: 'string', text: string.slice(1, -1) };
  if (word !== undefined) return { kind: 'word', text: word };
  if (number !== undefined) return { kind: 'literal', text: number };
  return mark === undefined ? undefined : { kind: 'mark', text: mark };
}
