// bussa check, from its command line to what it prints and how it ends.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { WARNING_IDS } from '../../../src/core/text/diagnostic.ts';
import { Scratch } from '../../lab/child-module.ts';
import { BUSSA as BUSSA_COMMAND, KNOCKD as KNOCKD_COMMAND } from '../../lab/knockd.ts';

const root = path.join(import.meta.dirname, '../../..');
const BUSSA = BUSSA_COMMAND[0] as string;
const KNOCKD = KNOCKD_COMMAND[0] as string;

const NOBODY = 65_534;
/** Of setpriv(1): root whom files of others are closed to. */
const POWERLESS = ['--bounding-set', '-all', '--inh-caps', '-all'];

const UNWISE = '[ssh]\n  sequence = 7000,8000:udp,9000\n  open_for = 20\n  open = tcp/9\n';
const WRONG = '[ssh]\n  sequence = 7000,x\n  sequense = 1\n';

function run(program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
}

function written(scratch: Scratch, text: string): string {
  const file = scratch.file('knockd.conf');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

suite('bussa check', () => {
  test('mistakes: all of them, with status 78; as JSON with place and remedy', () => {
    using scratch = new Scratch();
    const file = written(scratch, WRONG);
    const plain = run(BUSSA, 'check', file);
    assert.equal(plain.status, 78);
    assert.match(plain.stdout, /:2:19: "x" is not a port: a port is a number from 1 to 65535\n/);
    assert.match(plain.stdout, /:3:3: unknown directive "sequense": did you mean Sequence\?\n/);
    assert.match(plain.stdout, /: 2 errors, 1 warning\n$/);
    const json = run(BUSSA, 'check', '--json', file);
    assert.equal(json.status, 78);
    const { good, diagnostics } = JSON.parse(json.stdout) as { good: boolean; diagnostics: unknown[] };
    assert.equal(good, false);
    assert.deepEqual(diagnostics[0], {
      severity: 'error',
      file,
      line: 2,
      column: 19,
      message: '"x" is not a port',
      remedy: 'a port is a number from 1 to 65535',
    });
  });

  test('with --filter, the standard output is an expression or nothing', () => {
    using scratch = new Scratch();
    const { status, stdout, stderr } = run(BUSSA, 'check', '--filter', written(scratch, WRONG));
    assert.deepEqual([status, stdout], [78, '']);
    assert.match(stderr, /"x" is not a port/);
  });

  test('a file that may not be read: 77', () => {
    using scratch = new Scratch();
    const file = written(scratch, UNWISE);
    chownSync(file, NOBODY, NOBODY);
    assert.equal(run('setpriv', ...POWERLESS, BUSSA, 'check', file).status, 77);
    const simulated = run('setpriv', ...POWERLESS, BUSSA, 'simulate', file, '--knock', '1');
    assert.equal(simulated.status, 77);
  });

  test('a pipe has all of it, however much that is', () => {
    using scratch = new Scratch();
    const file = written(scratch, WRONG.repeat(1500));
    const { stdout } = run('sh', '-c', '"$0" check "$1" | cat', BUSSA, file);
    assert.ok(stdout.length > 200_000, `${stdout.length} bytes`);
    assert.match(stdout, / errors, 1500 warnings\n$/);
  });

  test('a file may be anything and have any name', () => {
    using scratch = new Scratch();
    const file = scratch.file('a\nb\u001b[31m.conf');
    writeFileSync(file, UNWISE, { mode: 0o600 });
    const { status, stdout } = run(BUSSA, 'check', file);
    assert.equal(status, 0);
    for (const line of stdout.trimEnd().split('\n')) assert.match(line, /a\\u\{a\}b\\u\{1b\}\[31m\.conf/);
    execFileSync('mkfifo', [scratch.file('fifo')]);
    for (const odd of [scratch.file('fifo'), '/dev/zero', '/dev/null', scratch.file('.')])
      assert.equal(run(BUSSA, 'check', odd).status, 78, odd);
  });

  test('warnings alone: status 0, and the same from knockd --check', () => {
    using scratch = new Scratch();
    const file = written(scratch, UNWISE);
    const { status, stdout } = run(BUSSA, 'check', file);
    assert.equal(status, 0);
    const warnings = stdout.trimEnd().split('\n').slice(0, -1);
    assert.match(stdout, new RegExp(`: good, 1 door, ${warnings.length} warnings\n$`));
    const classic = run(KNOCKD, '--check', '-c', file);
    assert.equal(classic.status, 0);
    assert.deepEqual(classic.stderr.trimEnd().split('\n'), warnings);
    const { diagnostics } = JSON.parse(run(BUSSA, 'check', '--json', file).stdout) as {
      diagnostics: readonly { id: string; message: string; remedy: string }[];
    };
    assert.deepEqual(
      diagnostics.map(({ id }) => id),
      ['no-tcpflags', 'known-sequence', 'ascending-sequence', 'no-service'],
    );
    for (const { message, remedy } of diagnostics)
      assert.ok(stdout.includes(`${message}: ${remedy}`), message);
  });

  test('--filter is an expression that tcpdump takes, on Ethernet and on bare IP', () => {
    using scratch = new Scratch();
    const { status, stdout } = run(BUSSA, 'check', '--filter', written(scratch, UNWISE));
    assert.equal(status, 0);
    for (const link of ['EN10MB', 'RAW']) {
      const program = execFileSync('tcpdump', ['-y', link, '-d', stdout.trim()], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      assert.match(program, /^\(000\)/, link);
    }
  });

  test('no file', () => {
    const { status, stdout } = run(BUSSA, 'check', '/nonexistent/knockd.conf');
    assert.equal(status, 78);
    assert.match(stdout, /there is no such file/);
  });

  test('docs/operate.md has each warning by its name', () => {
    const text = readFileSync(path.join(root, 'docs/operate.md'), 'utf8');
    for (const id of WARNING_IDS) assert.match(text, new RegExp(`^\\| \`${id}\` \\|`, 'm'));
  });
});
