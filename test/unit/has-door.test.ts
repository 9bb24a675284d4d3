import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { hasDoor } from '../../src/app/init/has-door.ts';
import { repository } from './scratch-clone.ts';

test('a door is any section but [options]', (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bussa-door-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'knockd.conf');
  const judge = (text: string): boolean => {
    writeFileSync(file, text);
    return hasDoor(file);
  };
  for (const text of ['[ssh]\n', '[options]\n\tUseSyslog\n[ssh]', '  [optionsX]\n', '[a', '[]'])
    assert.ok(judge(text), text);
  for (const text of ['', '# [ssh]\n', '[Options]\n\tUseSyslog\n', ' [ options ]\n'])
    assert.ok(!judge(text), text);
  assert.ok(hasDoor(path.join(directory, 'missing', 'knockd.conf')));
});

test('the configuration of the packages has none, so that bussa init writes in its place', () => {
  assert.ok(!hasDoor(path.join(repository, 'packaging/debian/knockd.conf')));
});
