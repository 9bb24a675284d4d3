// A rule that finds nothing in good source must find something in bad source.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { impureNames, unnamedFolders, wrongFiles } from './source-names.ts';
import { casts, cycles, folderCycles, MAX_LINES, type Sources } from './source-rules.ts';
import { readImports } from './source-scanner.ts';

test('casts of answers', () => {
  const asks =
    "import { askDaemon } from '../../../app/ask/ask-daemon.ts';\nimport { a as b } from './c.ts';\n";
  const judge = (text: string): readonly string[] =>
    casts(new Map([['cli/bussa/verbs/open.ts', `${asks}${text}`]]));
  assert.deepEqual(judge('const lease = answer.lease as LeaseStatus;'), [
    'cli/bussa/verbs/open.ts: as LeaseStatus',
  ]);
  assert.deepEqual(judge("const follow = { follow: true } as const; // as Json\nconst t = 'as T';"), []);
});

test('impure names', () => {
  const impure = [
    'const t = Date.now();',
    'const d = new Date();',
    'Math.random();',
    'async () => 1;',
    'setTimeout(f, 1);',
  ];
  for (const text of impure) assert.equal(impureNames(new Map([['core/net/a.ts', text]])).length, 1, text);
  const pure = [
    'const d = new Date(ms);',
    '// await',
    "'async'",
    'a.process;',
    `\`Date.now() \${b}\``,
    '/async/;',
    'Math.min(1);',
  ];
  for (const text of pure) assert.deepEqual(impureNames(new Map([['core/net/a.ts', text]])), [], text);
  assert.equal(impureNames(new Map([['core/net/a.ts', `\`\${Date.now()}\``]])).length, 1);
});

test('cycles, through types and at any length', () => {
  const found = cycles(
    new Map([
      ['app/a.ts', "import type { B } from './b.ts';"],
      ['app/b.ts', "export * from './c.ts';"],
      ['app/c.ts', "import { a } from './a.ts';"],
      ['app/d.ts', "import { a } from './a.ts';"],
    ]),
  );
  assert.deepEqual(found, ['app/a.ts → app/b.ts → app/c.ts → app/a.ts']);
});

test('cycles of folders, where no file is in one', () => {
  const found = folderCycles(
    new Map([
      ['app/one/a.ts', "import { b } from '../two/b.ts';"],
      ['app/two/b.ts', ''],
      ['app/two/c.ts', "import type { D } from '../one/d.ts';"],
      ['app/one/d.ts', ''],
    ]),
  );
  assert.deepEqual(found, ['app/one → app/two → app/one']);
});

test('folders that the map does not name', () => {
  const some: Sources = new Map([
    ['app/one/a.ts', ''],
    ['app/two/b.ts', ''],
  ]);
  assert.deepEqual(unnamedFolders(some, 'src/app/one/   the first\nsrc/app/twofold/   another'), [
    'src/app/two/',
  ]);
});

test('files', () => {
  const found = wrongFiles(
    new Map([
      ['app/index.ts', 'const a = 1;'],
      ['app/string-utils.ts', 'const a = 1;'],
      ['app/Daemon.ts', 'const a = 1;'],
      ['app/all.ts', "// all of it\nexport * from './a.ts';\nexport type { B } from './b.ts';\n"],
      ['app/long.ts', 'a;\n'.repeat(MAX_LINES + 1)],
      ['app/good.ts', "export { a } from './a.ts';\nexport const b = 1;\n"],
    ]),
  );
  assert.deepEqual(
    found.map((complaint) => complaint.split(':')[0]),
    ['app/index.ts', 'app/string-utils.ts', 'app/Daemon.ts', 'app/all.ts', 'app/long.ts'],
  );
});

test('imports are found among what only looks like them', () => {
  const text = [
    "// import a from 'comment';",
    '/* import b from "block"; */',
    `const c = \`import d from 'template' \${f("x" + \`\${g}\`)} \`;`,
    String.raw`const h = /import i from 'regexp'\/["]/;`,
    'const j = k / l; export { m } from "real-1";',
    "export const from = 'no'; export type N = { readonly from: 'no' };",
    "import type { from } from 'real-2'; import 'real-3'; import * as o from \"real-4\";",
    "const p = import.meta.url; x.import('no'); require('real-5');",
    "export default function q(): string { return 'no'; }",
  ].join('\n');
  assert.deepEqual(readImports(text), ['real-1', 'real-2', 'real-3', 'real-4', 'real-5']);
});
