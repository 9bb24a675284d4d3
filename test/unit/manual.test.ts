// The manual names what there is to write: each directive, option, exit status and variable, and none that is not.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { DAEMON_EXIT } from '../../src/app/daemon/run-daemon.ts';
import { OPTIONS as KNOCK } from '../../src/cli/knock-options.ts';
import { OPTIONS as KNOCKD, PLACE_OPTIONS } from '../../src/cli/knockd-options.ts';
import type { OptionTable } from '../../src/cli/read-options.ts';
import { BUSSA_EXIT } from '../../src/cli/verb.ts';
import { OPTIONS as UP } from '../../src/cli/verb-up.ts';
import { DIRECTIVES } from '../../src/core/config/directives.ts';
import { hookEnvironment } from '../../src/core/door/hook.ts';
import { repository } from './scratch-clone.ts';

const read = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

const KNOCKD_CONF_5 = read('docs/man/knockd.conf.5');
const KNOCKD_8 = read('docs/man/knockd.8');
const BUSSA_8 = read('docs/man/bussa.8');
const KNOCK_1 = read('docs/man/knock.1');

/** What `expression` has in its only group, in order, each once. */
function allIn(text: string, expression: RegExp): string[] {
  return [...new Set([...text.matchAll(expression)].map(([, word = '']) => word))].sort();
}

/** An mdoc section, by its heading. */
function section(page: string, heading: string): string {
  const text = page.split(/^\.Sh /m).find((each) => each.startsWith(`${heading}\n`));
  assert.ok(text !== undefined, `there is no section ${heading}`);
  return text;
}

/** The tags of a list of options: `.It Fl c Ar file , Fl -config Ar file`. */
const optionTags = (page: string): string[] => page.split('\n').filter((line) => line.startsWith('.It Fl '));

const longNames = (lines: readonly string[]): string[] => allIn(lines.join('\n'), /Fl -([a-z][a-z0-9-]+)/g);

/** Whether a tag has both spellings, and an argument if the option takes one. */
function assertTag(tags: readonly string[], name: string, { short, type }: OptionTable[string]): void {
  const tag = tags.find((line) => longNames([line]).includes(name));
  assert.ok(tag !== undefined, `no tag for --${name}`);
  if (short !== undefined) assert.ok(tag.startsWith(`.It Fl ${short} `), `-${short} of --${name}: ${tag}`);
  assert.equal(/ Ar /.test(tag), type === 'string', `an argument of --${name}: ${tag}`);
}

/** Those of the synopsis: `Op Fl 4DV`, `Op Fl c Ar file`, `Fl -check`. */
function assertInSynopsis(page: string, verb: string, table: OptionTable): void {
  const synopsis = section(page, 'SYNOPSIS');
  const part = verb === '' ? synopsis : (synopsis.split(`.Cm ${verb}\n`)[1]?.split('.Nm')[0] ?? '');
  const letters = allIn(part, /\bFl ([A-Za-z0-9]+(?: \| [A-Za-z])*)/g).join('');
  for (const [name, { short }] of Object.entries(table)) {
    const isIn = short === undefined ? longNames([part]).includes(name) : letters.includes(short);
    assert.ok(isIn, `--${name} is not in the synopsis`);
  }
}

const helpOf = (program: string, ...args: readonly string[]): string =>
  execFileSync(path.join(repository, 'bin', program), args, { encoding: 'utf8', timeout: 60_000 });

const longInHelp = (help: string): string[] => allIn(help, /^ +(?:-[A-Za-z0-9], )?--([a-z][a-z0-9-]+)/gm);

const statusTags = (page: string): string[] => allIn(section(page, 'EXIT STATUS'), /^\.It ([0-9]+)$/gm);

const statuses = (table: Readonly<Record<string, number>>, ...more: readonly number[]): string[] =>
  [...new Set([...Object.values(table), ...more].map(String))].sort();

suite('the manual', () => {
  test('knockd.conf(5) has each directive in each spelling, in its section, and no other', () => {
    const own = section(KNOCKD_CONF_5, 'OPTIONS SECTION');
    const doors = section(KNOCKD_CONF_5, 'DOORS');
    for (const { name, alias, home } of DIRECTIVES) {
      const place = home === 'options' || name === 'UseSyslog' ? own : doors;
      for (const word of alias === undefined ? [name] : [name, alias]) {
        assert.match(place, new RegExp(`^\\.It Cm ${word}( |$)`, 'm'), word);
      }
    }
    const spellings = DIRECTIVES.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]));
    assert.deepEqual(allIn(KNOCKD_CONF_5, /^\.It Cm (\w+)/gm), spellings.sort());
  });

  test('docs/configuration.md has each directive', () => {
    const text = read('docs/configuration.md');
    for (const { name, alias, home } of DIRECTIVES) {
      const place =
        home === 'options' || name === 'UseSyslog' ? /^## \[options\]$(.*?)^## /ms : /^## Doors$(.*)/ms;
      const [, part = ''] = place.exec(text) ?? [];
      for (const word of alias === undefined ? [name] : [name, alias]) {
        const cell = new RegExp(`^\\|.*\`${word}\`.*\\|`, 'm');
        const heading = new RegExp(`^###.*\\b${word}\\b`, 'm');
        assert.ok(cell.test(part) || heading.test(part), word);
      }
    }
  });

  test('knockd.conf(5) has the variables of the hooks', () => {
    const variables = Object.keys(hookEnvironment({ event: 'start' })).sort();
    assert.deepEqual(allIn(KNOCKD_CONF_5, /^\.It Ev (\w+)$/gm), variables);
  });

  for (const [title, page, table] of [
    ['knockd(8)', KNOCKD_8, KNOCKD],
    ['knock(1)', KNOCK_1, KNOCK],
  ] as const) {
    test(`${title} has each option, once, and no other`, () => {
      const tags = optionTags(page);
      for (const [name, option] of Object.entries<OptionTable[string]>(table)) assertTag(tags, name, option);
      assert.equal(tags.length, Object.keys(table).length);
      assertInSynopsis(page, '', table);
    });
  }

  test('bussa(8) has the options of its verbs, those of knockd(8) by reference', () => {
    const tags = optionTags(BUSSA_8);
    const own = Object.entries<OptionTable[string]>(UP).filter(([name]) => !Object.hasOwn(KNOCKD, name));
    for (const [name, option] of own) assertTag(tags, name, option);
    assert.equal(tags.length, own.length);
    assertInSynopsis(BUSSA_8, 'up', UP);
    assertInSynopsis(BUSSA_8, 'confirm', PLACE_OPTIONS);
  });

  test('the programs’ own help has each option, and no other', () => {
    assert.deepEqual(longInHelp(helpOf('knockd', '--help')), Object.keys(KNOCKD).sort());
    assert.deepEqual(longInHelp(helpOf('knock', '--help')), Object.keys(KNOCK).sort());
    // It prints its log anyway.
    const up = Object.keys(UP).filter((name) => name !== 'verbose');
    assert.deepEqual(longInHelp(helpOf('bussa', 'up', '--help')), up.sort());
    assert.deepEqual(longInHelp(helpOf('bussa', 'confirm', '--help')), Object.keys(PLACE_OPTIONS).sort());
  });

  test('the pages have each exit status, and no other', () => {
    // A mistake in the arguments ends with 2 before there is a daemon.
    assert.deepEqual(statusTags(KNOCKD_8), statuses(DAEMON_EXIT, 2));
    assert.deepEqual(statusTags(BUSSA_8), statuses(BUSSA_EXIT));
  });
});
