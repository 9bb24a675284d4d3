// packaging/Containerfile, which no test builds: a linter reads it. A part of npm run test:package.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { version } from '../lab/packages.ts';
import { repository } from '../lab/scratch-clone.ts';
import { TempDirectory } from '../lab/temp-directory.ts';

/** The parser of Docker's language server. npm fetches it for this test; it is no dependency. */
const LINTER = 'dockerfile-utils@0.16.3';

test('packaging/Containerfile: the linter finds no mistake, and finds one that is made; it takes this version', () => {
  using directory = new TempDirectory();
  const install = ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', LINTER];
  execFileSync('npm', [...install, '--prefix', directory.path], { cwd: directory.path, stdio: 'pipe' });
  const program = path.join(directory.path, 'node_modules/.bin/dockerfile-utils');
  const lint = (file: string): string => {
    const { stdout, stderr, error } = spawnSync(process.execPath, [program, 'lint', file], {
      encoding: 'utf8',
    });
    assert.equal(error, undefined);
    return stdout + stderr;
  };
  const file = path.join(repository, 'packaging/Containerfile');
  assert.equal(lint(file), '');
  const text = readFileSync(file, 'utf8');
  const wrong = directory.file('Containerfile', text.replace('STOPSIGNAL', 'STOPSIGNL'));
  assert.match(lint(wrong), /Unknown instruction: STOPSIGNL/);
  assert.match(text, new RegExp(`^ARG VERSION=${version.replaceAll('.', '\\.')}$`, 'm'));
});
