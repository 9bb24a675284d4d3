import { EXIT } from '../../../src/host/self/exit-status.ts';
// What documentation and help claim, derived from the program: what is claimed and is not so fails here, and so does what
// is so and not told.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { renderMetrics } from '../../../src/app/daemon/status/render-metrics.ts';
import { optionsOf } from '../../../src/cli/arguments/common-options.ts';
import type { OptionTable } from '../../../src/cli/arguments/option.ts';
import type { Verb } from '../../../src/cli/arguments/verb.ts';
import { parseBussaCommand, renderHelp, VERBS } from '../../../src/cli/bussa/bussa-options.ts';
import { OPTIONS as KNOCK } from '../../../src/cli/knock/knock-options.ts';
import { OPTIONS as KNOCKD } from '../../../src/cli/knockd/knockd-options.ts';
import { DIRECTIVES } from '../../../src/core/config/file/directives.ts';
import { COUNTED, type DaemonCounts } from '../../../src/core/control/daemon-status.ts';
import { FLEET_COUNTED } from '../../../src/core/control/fleet-status.ts';
import { GARBAGE, OUTCOMES, SPA_GARBAGE, SPA_OUTCOMES } from '../../../src/core/control/proof-counts.ts';
import { instant, millis } from '../../../src/core/net/time.ts';
import { EXPLANATION_KINDS } from '../../../src/core/trace/explanation-kinds.ts';
import { BUSSA, KNOCKD as KNOCKD_COMMAND } from '../../lab/knockd.ts';
import { Program } from '../../lab/program.ts';
import { repository } from '../../lab/scratch-clone.ts';

/** A daemon is not asked by itself. */
const { noDaemon: _noDaemon, ...DAEMON } = EXIT;

const read = (file: string): string => readFileSync(path.join(repository, file), 'utf8');
const OPERATE = read('docs/operate.md');
const SIGNALS = read('docs/signals.md');

/** What stands for each operand of a verb. */
const OPERANDS: Readonly<Record<string, string>> = {
  DOOR: 'ssh',
  ADDRESS: '192.0.2.1',
  IP: '192.0.2.1',
  FILE: 'f',
  PROFILE: 'p',
  HOST: 'h',
  PORT: '22',
  SHELL: 'bash',
};

/** Verbs whose options belong to one of their actions. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = { fleet: ['status'] };

const operandsOf = (verb: Verb): readonly string[] =>
  verb.operands.filter(({ optional }) => optional !== true).map(({ name }) => OPERANDS[name] ?? 'x');

/** Whether the verb's own parser knows the option. */
function takes(verb: Verb, option: string): boolean {
  const operands = ACTIONS[verb.name] ?? operandsOf(verb);
  const command = parseBussaCommand([verb.name, ...operands, option], {}, 'linux');
  return command.kind !== 'usage-error' || !/unknown option|no such option|--json is/.test(command.message);
}

const allIn = (text: string, expression: RegExp): string[] =>
  [...new Set([...text.matchAll(expression)].map(([, word = '']) => word))].toSorted();

describe('--json', () => {
  for (const verb of VERBS) {
    test(`bussa ${verb.name}: help says that it takes it if, and only if, it does`, () => {
      const inHelp = /^ +--json\b/m.test(renderHelp(verb));
      assert.equal(takes(verb, '--json'), inHelp);
      assert.equal(takes(verb, '--no-such'), false, 'what is not known is refused');
    });
  }

  test('docs/operate.md and bussa(8) name those that do not', () => {
    const without = VERBS.filter((verb) => !Object.hasOwn(optionsOf(verb), 'json')).map(({ name }) => name);
    const [, sentence = ''] = /All verbs accept\s`--json`, except\s([^.;]*)[.;]/.exec(OPERATE) ?? [];
    assert.deepEqual(allIn(sentence, /`([a-z]+)`/g), without.toSorted());
    const [, region = ''] =
      /begin bussa without json\n([\s\S]*?)\.\\" end/.exec(read('docs/man/bussa.8')) ?? [];
    assert.deepEqual(allIn(region, /\b(?!Cm|and)([a-z]+)\b/g), without.toSorted());
  });

  // With a value that says so even where nothing else can be said.
  for (const verb of VERBS.filter(
    (each) => each.streams !== true && !['init', 'doctor'].includes(each.name),
  )) {
    test(`bussa ${verb.name} --json: one JSON value is its whole output`, async () => {
      const operands = verb.operands
        .filter(({ optional }) => optional !== true)
        .map(({ name }) => OPERANDS[name] ?? 'x');
      const args = [verb.name, ...operands, '--json'];
      if (Object.hasOwn(verb.options, 'state')) args.push('--state', '/nonexistent/bussa');
      if (Object.hasOwn(verb.options, 'hosts')) args.push('--hosts', '/nonexistent/hosts');
      await using program = new Program('sh', ['-c', '"$0" "$@" 2>/dev/null', BUSSA[0] as string, ...args]);
      await program.exited;
      assert.doesNotThrow(() => JSON.parse(program.output), program.output);
    });
  }
});

describe('exit statuses', () => {
  const numbers = (text: string): string[] =>
    allIn(text.slice(text.indexOf('Exit status:')), /\b([0-9]+)\b/g);
  const values = (table: Readonly<Record<string, number>>): string[] =>
    Object.values(table).map(String).toSorted();
  test('bussa --help has each', () => assert.deepEqual(numbers(renderHelp()), values(EXIT)));
  test('knockd --help has each, and that of a mistake in the arguments', async () => {
    await using program = new Program(KNOCKD_COMMAND[0] as string, ['--help']);
    await program.exited;
    assert.deepEqual(numbers(program.output), values(DAEMON));
  });
});

describe('what is typed in the documentation', () => {
  const pages = ['README.md', ...globSync('docs/*.md', { cwd: repository }), 'CHANGELOG.md'];
  const words = (options: OptionTable): Set<string> =>
    new Set(
      Object.entries(options).flatMap(([name, { short }]) => [
        `--${name}`,
        ...(short === undefined ? [] : [`-${short}`]),
      ]),
    );
  const known = new Map<string, Set<string>>([
    ['knockd', words(KNOCKD)],
    ['knock', words(KNOCK)],
    ...VERBS.map((verb) => [`bussa ${verb.name}`, words(optionsOf(verb))] as const),
  ]);

  test('CHANGELOG tells each change once', () => {
    const entries = read('CHANGELOG.md')
      .split(/^(?=- |#)/m)
      .filter((part) => part.startsWith('- '));
    const beginnings = entries.map((entry) => entry.replaceAll(/\s+/g, ' ').slice(0, 60));
    assert.ok(beginnings.length > 100, `${beginnings.length}`);
    assert.deepEqual(
      beginnings.filter((one, index) => beginnings.indexOf(one) !== index),
      [],
    );
  });

  test('each verb and option exists', () => {
    let count = 0;
    for (const page of pages) {
      // In backquotes, or a line of a block.
      for (const [, span = ''] of read(page).matchAll(
        /(?:`|^(?:# |\$ )?)((?:sudo |bin\/)*(?:bussa|knockd|knock) [^`\n]*)/gm,
      )) {
        const [program = '', verb = '', ...rest] = span.replace(/^(?:sudo |bin\/)+/, '').split(/\s+/);
        const name = program === 'bussa' ? `bussa ${verb}` : program;
        if (program === 'bussa' && /^(?:help|VERB|--?[a-zA-Z]+|[^a-z].*|.*[^a-z].*)$/.test(verb)) continue;
        const options = known.get(name);
        if (options === undefined) {
          // Prose in a line that begins so: a verb stands alone between backquotes, or before an option.
          assert.ok(!/ --/.test(span), `${page}: ${span}`);
          continue;
        }
        const own = (program === 'bussa' ? rest : [verb, ...rest]).join(' ').split(/[|;)"']|\s#\s/)[0] ?? '';
        for (const [option] of own.matchAll(/(?<=^|[\s[])--[a-z][a-z0-9-]*/g)) {
          count++;
          assert.ok(options.has(option), `${page}: ${name} has no ${option}: ${span}`);
        }
      }
    }
    assert.ok(count > 20, `${count} options`);
  });
});

const none = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
const NO_GARBAGE = none(GARBAGE);
const NO_OUTCOMES = none(OUTCOMES);
const NO_SPA_GARBAGE = none(SPA_GARBAGE);
const NO_SPA_OUTCOMES = none(SPA_OUTCOMES);

describe('tables', () => {
  test('docs/signals.md has each event of the log, and none that is not', () => {
    const source = read('src/core/event/event.ts');
    const kinds = allIn(
      source.slice(source.indexOf('export type LogEvent =')),
      /readonly kind: '([a-z-]+)'/g,
    );
    const table = SIGNALS.slice(SIGNALS.indexOf('| `event` |'), SIGNALS.indexOf('## systemd'));
    const rows = table
      .split('\n')
      .slice(2)
      .map((row) => row.split('|')[1] ?? '')
      .join(' ');
    assert.deepEqual(allIn(rows.replace('(with `-D`)', ''), /`([a-z-]+)`/g), kinds);
  });

  test('docs/signals.md has each metric, and none that is not', () => {
    const text = [
      ...renderMetrics(
        {
          version: '1',
          pid: 1,
          startedAt: instant(0),
          uptime: millis(0),
          configFile: '',
          options: { configFile: '', ipv6: true, lookUpNames: false, isService: false },
          listeningOn: '',
          interfaces: [],
          looked: { interfaces: instant(0) },
          firewall: { kind: 'unused' },
          doors: 0,
          leases: { open: 0, failed: 0, max: 0 },
          packets: { passed: 0, dropped: 0 },
          counts: Object.fromEntries(COUNTED.map((what) => [what, 0])) as DaemonCounts,
          attempts: 0,
          tripwires: { touches: 0, suspects: 0 },
          bans: 0,
          unconfirmed: false,
          fleet: {
            ...{ fleet: '', member: '', engine: '', carrier: true, connected: true, since: instant(0) },
            ...{ window: millis(0), members: [], counts: none(FLEET_COUNTED) },
          },
          exposure: { closed: [], open: [], unjudged: [], shut: [], at: instant(0) },
          signed: {
            packets: { passed: 0, dropped: 0 },
            garbage: NO_GARBAGE,
            outcomes: NO_OUTCOMES,
            replies: 0,
            repliesFailed: 0,
          },
          spa: { packets: { passed: 0, dropped: 0 }, garbage: NO_SPA_GARBAGE, outcomes: NO_SPA_OUTCOMES },
        },
        [],
      ),
    ].join('');
    const told = SIGNALS.replaceAll(/`(\w*)\{([^}]*)\}(\w*)`/g, (_, a: string, names: string, b: string) =>
      names
        .split(',')
        .map((name) => `\`${a}${name}${b}\``)
        .join(' '),
    );
    assert.deepEqual(allIn(told, /`(bussa_[a-z_]+)`/g), allIn(text, /^# TYPE (\S+)/gm));
  });

  test('docs/operate.md has each reason of `bussa explain`, and each finding of `bussa doctor`', () => {
    const explain = OPERATE.slice(
      OPERATE.indexOf('| `why.kind` |'),
      OPERATE.indexOf('Only what the capture filter'),
    );
    const firsts = (text: string): string =>
      text
        .split('\n')
        .slice(2)
        .map((row) => row.split('|')[1] ?? '')
        .join(' ');
    assert.deepEqual(allIn(firsts(explain), /`([a-z-]+)`/g), [...EXPLANATION_KINDS].toSorted());
    const doctor = OPERATE.slice(OPERATE.indexOf('## bussa doctor\n'), OPERATE.indexOf('## bussa knock'));
    const files = globSync('src/{app,core}/doctor/*.ts', { cwd: repository }).map(read).join('\n');
    const ids = allIn(files, /(?:\b(?:ok|problem|warning|unknown)\(\s*|\bid = |\bid: )'([a-z0-9-]+)'/g);
    assert.ok(ids.length > 10, ids.join());
    for (const id of ids) assert.ok(doctor.includes(`\`${id}\``), id);
  });

  test('docs/configuration.md has each directive', () => {
    const text = read('docs/configuration.md').toLowerCase();
    for (const { name, alias } of DIRECTIVES) {
      assert.ok(text.includes(name.toLowerCase()), name);
      if (alias !== undefined) assert.ok(text.includes(alias.toLowerCase()), alias);
    }
  });
});
