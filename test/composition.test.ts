// How the daemon is put together, as a test: reporting first, one channel, and nothing that names what is not there yet.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { readImports, readTokens, type Token } from './source-scanner.ts';

const root = path.join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const COMPOSITION = globSync('src/app/daemon/composition/*.ts', { cwd: root }).sort();

suite('composition', () => {
  test('there is something to judge', () => assert.ok(COMPOSITION.length > 2));

  for (const file of COMPOSITION) {
    test(`${path.basename(file)} has no forward references`, () =>
      assert.deepEqual(forwardReferences(readTokens(read(file))), []));
  }

  test('reports are made first', () => {
    const [, text = ''] =
      /^function openBase\([\s\S]*?\{\n([\s\S]*?)^\}/m.exec(
        read('src/app/daemon/composition/start-daemon.ts'),
      ) ?? [];
    const made = [...text.matchAll(/^ {2}const (?:\{[^}]*\}|(\w+)) = /gm)].map(([, name]) => name);
    assert.deepEqual(made.slice(0, 3), ['clock', 'inForce', 'reports']);
  });

  test('log, counters and hooks are reached through the reports alone', () => {
    const files = globSync('src/app/daemon/**/*.ts', { cwd: root });
    const behind = /\/reporting\/(?:event-log|open-event-log|daemon-counters)\.ts$/;
    const beside = files.filter(
      (file) =>
        !file.includes('/reporting/') &&
        // A process of its own, with a log of its own.
        !file.endsWith('/rollback-process.ts') &&
        readImports(read(file)).some((name) => behind.test(name)),
    );
    assert.deepEqual(beside, []);
  });
});

suite('the rule can fail', () => {
  test('forward references', () => {
    const text = 'function f() { const a = () => b.c; const b = g(); }';
    assert.deepEqual(forwardReferences(readTokens(text)), ['b']);
    const late = 'class A { constructor() { const { x, y: z } = this.take(() => z); } }';
    assert.deepEqual(forwardReferences(readTokens(late)), ['z']);
    assert.deepEqual(
      forwardReferences(readTokens('const a = 1; const f = () => a.b; const b = { a }; f(b);')),
      [],
    );
  });
});

/** Names that are used, in closures too, before the `const` that makes them in the same or an outer block. */
function forwardReferences(tokens: readonly Token[]): readonly string[] {
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
