import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/app/config/load-config.ts';
import { MAX_DOORS } from '../../src/core/attempt/door-index.ts';
import { renderDiagnostic } from '../../src/core/text/diagnostic.ts';
import { Scratch } from '../lab/child-module.ts';

/** A file that nobody else can write or read. */
const OWN = { mode: 0o600 };

/** What is said about a file; empty for one that is taken. */
function said(path: string): string {
  const result = loadConfig(path);
  return result.kind === 'ok' ? '' : result.diagnostics.map(renderDiagnostic).join('\n');
}

describe('loading a configuration', () => {
  test('a good one, with its warnings', () => {
    using scratch = new Scratch();
    writeFileSync(scratch.file('c'), '[options]\nLogFile = /x\n[door]\nsequence = 7000\n', OWN);
    const result = loadConfig(scratch.file('c'));
    assert.ok(result.kind === 'ok');
    assert.deepEqual(
      result.config.doors.map((door) => door.name),
      ['door'],
    );
  });

  test('one that is not there, or is a directory: which, why, and what to do', () => {
    using scratch = new Scratch();
    const missing = scratch.file('none');
    assert.match(said(missing), new RegExp(`^${missing}:1:1: .*there is no such file: name one with -c`));
    assert.match(said(scratch.path), /^.*:1:1: .*cannot be read: EISDIR/);
  });

  test('one-time files that cannot be used are no mistakes of the configuration', () => {
    using scratch = new Scratch();
    mkdirSync(scratch.file('directory'));
    writeFileSync(scratch.file('empty'), '', OWN);
    const door = (name: string): string => `[${name}]\none_time_sequences = ${scratch.file(name)}\n`;
    writeFileSync(scratch.file('c'), ['missing', 'directory', 'empty'].map(door).join(''), OWN);
    assert.equal(said(scratch.file('c')), '');
  });

  test('more doors than can be watched', () => {
    using scratch = new Scratch();
    const doors = Array.from({ length: MAX_DOORS + 1 }, (_, n) => `[d${n}]\nsequence=1\n`);
    writeFileSync(scratch.file('c'), doors.join(''), OWN);
    assert.match(said(scratch.file('c')), new RegExp(`${MAX_DOORS + 1} doors: the limit is ${MAX_DOORS}`));
    writeFileSync(scratch.file('c'), doors.slice(1).join(''), OWN);
    assert.equal(said(scratch.file('c')), '');
  });
});
