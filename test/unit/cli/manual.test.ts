import { EXIT } from '../../../src/host/self/exit-status.ts';
// The manual names what there is to write: each directive, option, exit status and variable, and none that is not.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { optionsOf } from '../../../src/cli/arguments/common-options.ts';
import type { OptionTable } from '../../../src/cli/arguments/option.ts';
import { renderHelp, VERBS } from '../../../src/cli/bussa/bussa-options.ts';
import { OPTIONS as KNOCK } from '../../../src/cli/knock/knock-options.ts';
import { OPTIONS as KNOCKD } from '../../../src/cli/knockd/knockd-options.ts';
import { fillRegions, MANUAL_REGIONS } from '../../../src/cli/manual/manual-regions.ts';
import { DIRECTIVES } from '../../../src/core/config/file/directives.ts';
import { hookEnvironment } from '../../../src/core/door/hook.ts';
import { repository } from '../../lab/scratch-clone.ts';

/** A daemon is not asked by itself. */
const { noDaemon: _noDaemon, ...DAEMON } = EXIT;

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

const longNames = (text: string): string[] => allIn(text, /Fl -([a-z][a-z0-9-]+)/g);

/** Those of the synopsis: `Op Fl 4DV`, `Op Fl c Ar file`, `Fl -check`. */
function assertInSynopsis(page: string, table: OptionTable): void {
  const part = section(page, 'SYNOPSIS');
  const letters = allIn(part, /\bFl ([A-Za-z0-9]+(?: \| [A-Za-z])*)/g).join('');
  for (const [name, { short }] of Object.entries(table)) {
    const isIn = short === undefined ? longNames(part).includes(name) : letters.includes(short);
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
    for (const { name, alias, section: home } of DIRECTIVES) {
      const place =
        home === 'fleet'
          ? section(KNOCKD_CONF_5, 'FLEET')
          : home === 'options' || name === 'UseSyslog'
            ? own
            : doors;
      for (const word of alias === undefined ? [name] : [name, alias]) {
        assert.match(place, new RegExp(`^\\.It Cm ${word}( |$)`, 'm'), word);
      }
    }
    const spellings = DIRECTIVES.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]));
    assert.deepEqual(allIn(KNOCKD_CONF_5, /^\.It Cm (\w+)/gm), spellings.sort());
  });

  test('docs/configuration.md says of the options what their table says (npm run manual)', () => {
    const page = read('docs/configuration.md');
    assert.match(page, /<!-- begin options table -->\n[\s\S]*<!-- end options table -->/);
    assert.equal(fillRegions(page), page);
  });

  test('docs/configuration.md has each directive', () => {
    const text = read('docs/configuration.md');
    for (const { name, alias, section: home } of DIRECTIVES) {
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

  for (const name of readdirSync(path.join(repository, 'docs/man'))) {
    test(`${name} says of options and verbs what --help says (npm run manual)`, () => {
      const page = read(`docs/man/${name}`);
      assert.equal(fillRegions(page), page);
    });

    test(`${name} is without fault`, () => {
      const { stdout } = spawnSync(
        'mandoc',
        ['-Tlint', '-Wwarning', path.join(repository, 'docs/man', name)],
        { encoding: 'utf8' },
      );
      assert.equal(stdout, '');
    });
  }

  test('each region of a page is one that is filled, and none is left out', () => {
    const pages = [KNOCKD_8, KNOCK_1, BUSSA_8, KNOCKD_CONF_5, read('docs/configuration.md')].join('');
    assert.deepEqual(
      allIn(pages, /^(?:\.\\"|<!--) begin (.+?)(?: -->)?$/gm),
      Object.keys(MANUAL_REGIONS).sort(),
    );
  });

  test('the synopses of knockd(8) and knock(1) have each option', () => {
    assertInSynopsis(KNOCKD_8, KNOCKD);
    assertInSynopsis(KNOCK_1, KNOCK);
  });

  test('the programs’ own help has each option, and no other', () => {
    assert.deepEqual(longInHelp(helpOf('knockd', '--help')), Object.keys(KNOCKD).sort());
    assert.deepEqual(longInHelp(helpOf('knock', '--help')), Object.keys(KNOCK).sort());
    for (const verb of VERBS) {
      assert.deepEqual(longInHelp(renderHelp(verb)), Object.keys(optionsOf(verb)).sort(), verb.name);
    }
  });

  test('the pages have each exit status, and no other', () => {
    // A mistake in the arguments ends with 2 before there is a daemon.
    assert.deepEqual(statusTags(KNOCKD_8), statuses(DAEMON));
    assert.deepEqual(statusTags(BUSSA_8), statuses(EXIT));
  });
});
