import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseBussaCommand } from '../../../src/cli/bussa/bussa-options.ts';

function mistake(...args: readonly string[]): string {
  const command = parseBussaCommand(args, {}, 'linux');
  return command.kind === 'usage-error' ? command.message : assert.fail(`${command.kind}: ${args.join(' ')}`);
}

suite('options of the page that knocks', () => {
  test('what belongs to a page needs --page', () => {
    assert.match(mistake('knock', 'box', '--recipe', '17 23'), /--recipe is for --page/);
    assert.match(mistake('knock', 'box', '--with-secret'), /--with-secret is for --page/);
    for (const verb of [
      ['knock', 'box'],
      ['init', '--yes'],
    ])
      assert.match(mistake(...verb, '--link', 'https://h/'), /--link is for --page/);
  });

  test('a page does not knock', () => {
    for (const other of [['--then', 'true'], ['--no-wait'], ['--code', '492817']])
      assert.match(mistake('knock', 'box', '--page', 'f', ...other), /--page only writes a page/);
  });

  test('a recipe is two different numbers, as the app shows them or bare', () => {
    for (const good of ['17___ 23___', '17 23', ' 9___ 64___ '])
      assert.equal(
        parseBussaCommand(['knock', 'b', '--page', 'f', '--recipe', good], {}, 'linux').kind,
        'action',
        good,
      );
    for (const bad of ['17', '17 17', '17 65', '0 23', '17,23', '17 23 29', 'x y'])
      assert.match(mistake('knock', 'b', '--page', 'f', '--recipe', bad), /bad --recipe .*17___ 23___/, bad);
  });
});
