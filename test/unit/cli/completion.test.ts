// The completions as a shell takes them: a real bash is asked what it would offer.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { VERBS } from '../../../src/cli/bussa/bussa-options.ts';
import { renderCompletion } from '../../../src/cli/completion/render-completion.ts';
import { WorkDirectory } from '../../lab/knockd.ts';

/** What bash offers when Tab is pressed behind `line`, whose last word is being written. */
function offered(line: string | readonly string[], home?: string): readonly string[] {
  using directory = new WorkDirectory();
  const script = directory.file('completions');
  writeFileSync(script, renderCompletion('bash', VERBS));
  const words = typeof line === 'string' ? line.split(' ') : line;
  const asks = `set -u; source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}; COMPREPLY=()
read -r _ _ how _ <<< "$(complete -p ${words[0]})"; "$how" ${words[0]}
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', asks], {
    encoding: 'utf8',
    env: { ...process.env, ...(home === undefined ? {} : { HOME: home }) },
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout.split('\n').filter(Boolean);
}

describe('completions in bash', () => {
  test('the verbs', () => {
    const verbs = offered('bussa ');
    for (const { name } of VERBS) assert.ok(verbs.includes(name), name);
    assert.deepEqual(offered('bussa comp'), ['compile', 'completion']);
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

  test('a value after an equals sign, which bash makes a separate word', () => {
    assert.deepEqual(offered(['bussa', 'up', '--config', '=', '/etc/hostn']), ['/etc/hostname']);
    assert.ok(offered(['bussa', 'up', '--config', '=']).length > 0);
    assert.deepEqual(offered(['bussa', 'completion', '--config', '=', 'x', 'fi']), ['fish']);
  });

  test('names of files with blanks are whole', () => {
    using directory = new WorkDirectory();
    const file = directory.file('two words');
    writeFileSync(file, '');
    assert.deepEqual(offered(['bussa', 'check', directory.file('tw')]), [file]);
  });

  test('what stands in a file is offered, and never run', () => {
    using directory = new WorkDirectory();
    const trace = directory.file('trace');
    mkdirSync(directory.file('.config/bussa'), { recursive: true });
    const evil = `Host $(touch\${IFS}${trace}) \`touch\${IFS}${trace}\` guest\n`;
    writeFileSync(directory.file('.config/bussa/hosts.conf'), evil);
    assert.deepEqual(offered('bussa connect gu', directory.path), ['guest']);
    assert.equal(offered('bussa connect ', directory.path).length, 3);
    assert.equal(existsSync(trace), false);
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
