import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { readOptions, readValues } from '../../../src/cli/arguments/read-options.ts';
import { parseBussaCommand, renderHelp, VERBS } from '../../../src/cli/bussa/bussa-options.ts';
import { CONFIRM } from '../../../src/cli/bussa/verbs/confirm.ts';
import { OPTIONS, upOptions } from '../../../src/cli/bussa/verbs/up.ts';
import { readSelector } from '../../../src/cli/daemon-verbs/daemon-selector.ts';

const words = (line: string): string[] => line.split(' ').filter(Boolean);
const up = (...args: readonly string[]) =>
  upOptions(readValues(OPTIONS, readOptions(OPTIONS, args).options), {});
const PROGRAM = resolve(import.meta.dirname, '../../../bin/bussa');

describe("bussa's verbs", () => {
  test('help and version, before and behind a verb', () => {
    for (const line of ['help', '-h', '--help']) {
      assert.deepEqual(parseBussaCommand(words(line), {}, 'linux'), { kind: 'help' });
    }
    for (const line of ['help up', 'help -- up', '-- help up', 'up -h', 'up -c x --help']) {
      const command = parseBussaCommand(words(line), {}, 'linux');
      assert.equal(command.kind === 'help' && command.verb?.name, 'up');
    }
    for (const line of ['-V', '--version']) {
      assert.deepEqual(parseBussaCommand(words(line), {}, 'linux'), { kind: 'version' });
    }
  });

  test('an operand that is empty is a mistake', () => {
    for (const verb of VERBS.filter(({ operands }) => operands.length > 0)) {
      const command = parseBussaCommand([verb.name, ''], {}, 'linux');
      assert.ok(command.kind === 'usage-error' && /was given/.test(command.message), verb.name);
    }
  });

  test('with --json, every mistake is reported as JSON', () => {
    for (const line of ['--json', 'upp --json', 'help me --json', 'status --jsno --json', 'watch x --json']) {
      const command = parseBussaCommand(words(line), {}, 'linux');
      assert.ok(command.kind === 'usage-error' && command.json, line);
    }
  });

  test('the list of verbs is complete, and each has its help, within 80 columns', () => {
    assert.equal(new Set(VERBS.map(({ name }) => name)).size, VERBS.length);
    for (const verb of VERBS) {
      assert.match(renderHelp(), new RegExp(`^  ${verb.name} `, 'm'));
      assert.match(renderHelp(verb), new RegExp(`^usage: bussa ${verb.name} `));
      for (const line of `${renderHelp()}${renderHelp(verb)}`.split('\n')) assert.ok(line.length <= 80, line);
    }
  });

  const mistakes: readonly (readonly [line: string, message: RegExp])[] = [
    ['', /no verb was given/],
    ['upp', /unknown verb 'upp': there are .* and help/],
    ['toString', /unknown verb 'toString'/],
    ['help me', /unknown verb 'me'/],
    ['help up now', /unexpected argument 'now'/],
    ['up eth0', /unexpected argument 'eth0'/],
    ['up --check', /unknown option '--check'/],
    ['up --confirm', /option '--confirm' needs a value/],
    ['up --confirm 0', /bad time '0' for --confirm: give whole seconds from 1 to 3600/],
    ['up --confirm 3601', /bad time '3601'/],
    ['up --confirm 1m', /bad time '1m'/],
    ['up --yes=no', /option '--yes' takes no value/],
    ['confirm now', /unexpected argument 'now'/],
    ['completion', /no SHELL was given/],
    ['completion csh', /no shell 'csh': there are bash, zsh, fish/],
    ['up --json', /unknown option '--json'/],
    ['confirm -d', /unknown option '-d'/],
  ];
  for (const [line, message] of mistakes) {
    test(`bussa ${line}: a mistake`, () => {
      const command = parseBussaCommand(words(line), {}, 'linux');
      assert.ok(command.kind === 'usage-error', command.kind);
      assert.match(command.message, message);
    });
  }
});

describe('bussa up', () => {
  test('is the daemon, guarded and telling what it does', () => {
    assert.deepEqual(up(), {
      configFile: '/etc/knockd.conf',
      stateDirectory: '/var/lib/bussa',
      verbose: true,
      debug: false,
      lookUpNames: false,
      ipv6: true,
      background: false,
      guard: { closeAnyway: false, confirmCommand: `${PROGRAM} confirm` },
    });
  });

  test("takes knockd's options", () => {
    const options = up(...words('-i lo -c /a -l4 -D -d -p /p -g /g -v --state /s'));
    assert.equal(options.interfaces?.text, 'lo');
    assert.deepEqual(
      [options.configFile, options.pidFile, options.logFile, options.stateDirectory],
      ['/a', '/p', '/g', '/s'],
    );
    assert.deepEqual(
      [options.lookUpNames, options.ipv6, options.debug, options.background, options.verbose],
      [true, false, true, true, true],
    );
  });

  test('--yes and --confirm; --conf has always been --config', () => {
    assert.equal(up('--yes').guard?.closeAnyway, true);
    assert.equal(up('--confirm', '60').guard?.confirmWithin, 60_000);
    assert.equal(up('--confirm=3600').guard?.confirmWithin, 3_600_000);
    for (const short of ['--co', '--conf', '--confi']) {
      assert.equal(up(short, 'x.conf').configFile, 'x.conf');
    }
  });

  test('the command that confirms names the same daemon, from any directory', () => {
    const command = up('-c', "my o'wn.conf", '--state', '/s', '-i', 'lo').guard?.confirmCommand;
    const file = `'${resolve("my o'wn.conf").replace("'", "'\\''")}'`;
    assert.equal(command, `${PROGRAM} confirm -c ${file} --state /s -i lo`);
    const table = CONFIRM.options;
    const { options } = readOptions(table, words('-c x.conf --state /s -i lo'));
    assert.deepEqual(readSelector(readValues(table, options), {}), {
      configFile: 'x.conf',
      interfaces: 'lo',
      stateDirectory: '/s',
    });
  });
});
