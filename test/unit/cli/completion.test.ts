// The completions as a shell takes them: a real bash is asked what it would offer.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { VERBS } from '../../../src/cli/bussa-options.ts';
import { renderCompletion } from '../../../src/cli/manual/render-completion.ts';
import { WorkDirectory } from '../../netns/knockd.ts';

/** What bash offers when Tab is pressed behind `line`, whose last word is being written. */
function offered(line: string): readonly string[] {
  using directory = new WorkDirectory();
  const script = directory.file('completions');
  writeFileSync(script, renderCompletion('bash', VERBS));
  const words = line.split(' ');
  const asks = `set -u; source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}; COMPREPLY=()
read -r _ _ how _ <<< "$(complete -p ${words[0]})"; "$how" ${words[0]}
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', asks], { encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout.split('\n').filter(Boolean);
}

describe('completions in bash', () => {
  test('the verbs', () => {
    const verbs = offered('bussa ');
    for (const { name } of VERBS) assert.ok(verbs.includes(name), name);
    assert.deepEqual(offered('bussa comp'), ['completion']);
    assert.deepEqual(offered('bussa help conf'), ['confirm']);
  });

  test('the options of a verb, of no other', () => {
    assert.deepEqual(offered('bussa confirm --c'), ['--config']);
    assert.deepEqual(offered('bussa up --c'), ['--confirm', '--config']);
  });

  test('operands, behind options with values too', () => {
    assert.deepEqual(offered('bussa completion '), ['bash', 'zsh', 'fish']);
    assert.deepEqual(offered('bussa completion bash '), []);
  });

  test('values: files, directories, interfaces', () => {
    assert.deepEqual(offered('bussa up -c /etc/hostn'), ['/etc/hostname']);
    assert.deepEqual(offered('bussa up --state /et'), ['/etc']);
    assert.deepEqual(offered('knockd -i l'), ['lo']);
  });

  test('knockd and knock', () => {
    assert.deepEqual(offered('knockd --log'), ['--logfile']);
    assert.deepEqual(offered('knock --del'), ['--delay']);
    assert.deepEqual(offered('knock -d 100 localho'), ['localhost']);
  });
});

describe('completions in other shells', () => {
  for (const shell of ['zsh', 'fish'] as const) {
    test(`${shell} reads them`, () => {
      using directory = new WorkDirectory();
      const script = directory.file('completions');
      writeFileSync(script, renderCompletion(shell, VERBS));
      const { status, stderr } = spawnSync(shell, ['-n', script], { encoding: 'utf8' });
      assert.deepEqual([status, stderr], [0, '']);
    });
  }
});
