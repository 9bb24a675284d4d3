import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isEdited } from '../../../src/app/config/is-edited.ts';
import { repository } from '../../lab/scratch-clone.ts';

test('anything but comments and what every package says is somebody’s, and stays', (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bussa-door-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'knockd.conf');
  const judge = (text: string): boolean => {
    writeFileSync(file, text);
    return isEdited(file);
  };
  const owned = ['[ssh]\n', '[options]\n\tUseSyslog\n[ssh]', '  [optionsX]\n', '[a', '[]'];
  for (const text of [...owned, 'keep this\n', '[options]\n\tInterface = eth1\n'])
    assert.ok(judge(text), text);
  for (const text of ['', '# [ssh]\n', '[Options]\n\tUseSyslog\n', ' [ options ]\n'])
    assert.ok(!judge(text), text);
  const missing = path.join(directory, 'missing', 'knockd.conf');
  for (const odd of [missing, directory, '/dev/null', '/dev/zero']) assert.ok(isEdited(odd), odd);
});

test('the configuration of the packages has none, so that bussa init writes in its place', () => {
  assert.ok(!isEdited(path.join(repository, 'packaging/debian/knockd.conf')));
});
