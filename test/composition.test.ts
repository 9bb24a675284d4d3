// How the daemon is put together, as a test: reporting first, one channel, and nothing that names what is not there yet.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { COMPOSITION, forwardReferences } from './forward-references.ts';
import { readImports, readTokens } from './source-scanner.ts';

const root = path.join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

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
