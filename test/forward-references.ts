// Where the composition of the daemon names what is not made yet.

import { globSync } from 'node:fs';
import path from 'node:path';
import type { Token } from './source-scanner.ts';

/** The files that put the daemon together. */
export const COMPOSITION: readonly string[] = globSync('src/app/daemon/composition/*.ts', {
  cwd: path.join(import.meta.dirname, '..'),
}).sort();

/** Names that are used, in closures too, before the `const` that makes them in the same or an outer block. */
export function forwardReferences(tokens: readonly Token[]): readonly string[] {
  const found: string[] = [];
  for (const { names, from, to, value, end } of declarations(tokens)) {
    // What a module makes is there before any of its functions is called.
    if (from === 0) continue;
    for (const name of names) {
      const isUsed = tokens.slice(from, to).some((token, at) => isUse(tokens, token, from + at, name));
      const isOwn = tokens.slice(value, end).some((token, at) => isUse(tokens, token, value + at, name));
      if (isUsed || isOwn) found.push(name);
    }
  }
  return found;
}

type Declaration = {
  readonly names: readonly string[];
  /** Where its block begins, where it stands, and where its value ends. */
  readonly from: number;
  readonly to: number;
  readonly value: number;
  readonly end: number;
};

function declarations(tokens: readonly Token[]): readonly Declaration[] {
  const blocks: number[] = [0];
  const made: Declaration[] = [];
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind === 'mark' && text === '{') blocks.push(at);
    if (kind === 'mark' && text === '}') blocks.pop();
    if (kind !== 'word' || (text !== 'const' && text !== 'let')) continue;
    if (tokens[at - 1]?.text === 'as' || tokens[at - 1]?.text === '(') continue;
    const value = indexAfter(tokens, at, '=');
    made.push({
      names: namesOf(tokens.slice(at + 1, value - 1)),
      from: blocks.at(-1) ?? 0,
      to: at,
      value,
      end: endOf(tokens, value),
    });
  }
  return made;
}

/** `a`, or of `{ a, b: c, ...d }` the names a, c and d. */
function namesOf(tokens: readonly Token[]): readonly string[] {
  const words = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text);
  if (tokens[0]?.text !== '{') return words.slice(0, 1);
  return tokens.flatMap(({ kind, text }, at) =>
    kind === 'word' && tokens[at + 1]?.text !== ':' ? [text] : [],
  );
}

function indexAfter(tokens: readonly Token[], from: number, mark: string): number {
  for (let at = from; at < tokens.length; at++) {
    // Without a value.
    if (tokens[at]?.text === ';') return at;
    if (tokens[at]?.text === mark && tokens[at + 1]?.text !== '>' && tokens[at + 1]?.text !== '=')
      return at + 1;
  }
  return tokens.length;
}

/** The `;` that ends the value. */
function endOf(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const text = tokens[at]?.text ?? '';
    if (tokens[at]?.kind === 'mark' && '([{'.includes(text)) depth += 1;
    if (tokens[at]?.kind === 'mark' && ')]}'.includes(text)) depth -= 1;
    if (depth < 0 || (depth === 0 && text === ';')) return at;
  }
  return tokens.length;
}

/** Neither a property nor the name of one; what a parameter hides is taken for a use. */
function isUse(tokens: readonly Token[], token: Token, at: number, name: string): boolean {
  if (token.kind !== 'word' || token.text !== name) return false;
  if (tokens[at - 1]?.text === '.' && tokens[at - 2]?.text !== '.') return false;
  if (tokens[at - 1]?.text === '?' || tokens[at + 1]?.text === ':') return false;
  return true;
}
