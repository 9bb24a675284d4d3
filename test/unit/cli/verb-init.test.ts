// bussa init: what it takes, and what it refuses.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import type { InitRequest } from '../../../src/app/init/init-request.ts';
import { renderProfile } from '../../../src/app/init/render-config.ts';
import { allowStartIn } from '../../../src/app/init/start-service.ts';
import { UsageError } from '../../../src/cli/arguments/read-options.ts';
import { readInitAnswers } from '../../../src/cli/bussa/init/init-answers.ts';
import { parseHosts } from '../../../src/core/client/parse-hosts.ts';
import { profileOf } from '../../../src/core/client/profile.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import type { Sequence } from '../../../src/core/door/sequence.ts';
import type { Port } from '../../../src/core/net/port.ts';
import { Scratch } from '../../lab/child-module.ts';
import { BUSSA as COMMAND } from '../../lab/knockd.ts';

const NOBODY = 65_534;
const BUSSA = COMMAND[0] as string;

const wishes = (values: Readonly<Record<string, string>>, environment = {}) =>
  readInitAnswers(new Map(Object.entries(values)), environment);

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(BUSSA, ['init', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { status, stdout, stderr };
}

type Answer = {
  readonly file: string;
  readonly sequence: string;
  readonly knock: string;
  readonly backup?: string;
};

suite('bussa init', () => {
  test('the port that is offered is the one that the owner came in by', () => {
    assert.equal(wishes({}).likelyPort.first, 22);
    assert.equal(wishes({}, { SSH_CONNECTION: '192.0.2.1 5555 198.51.100.1 2222' }).likelyPort.first, 2222);
    assert.equal(wishes({}, { SSH_CONNECTION: 'what' }).likelyPort.first, 22);
  });

  test('what cannot be is a usage error', () => {
    for (const values of [
      { port: '0' },
      { port: '22:tcp' },
      { port: '70000' },
      { for: '0' },
      { for: '1 hour' },
      { door: 'options' },
      { door: 'a]' },
      { knocks: '2' },
      { knocks: '13' },
      { host: 'a b' },
      { host: '-oProxyCommand=x' },
    ]) {
      assert.throws(() => wishes(values), UsageError, JSON.stringify(values));
    }
    assert.deepEqual(run().status, 2);
    assert.match(run().stderr, /no terminal for questions: give --yes/);
  });

  test('without privileges: refused before anything is asked; what cannot be seen is not claimed', () => {
    using scratch = new Scratch();
    const bare = (file: string) =>
      spawnSync(
        'setpriv',
        ['--bounding-set', '-all', '--inh-caps', '-all', BUSSA, 'init', '--yes', '--json', '-c', file],
        { encoding: 'utf8', timeout: 60_000 },
      );
    const closed = scratch.file('closed');
    mkdirSync(closed, { mode: 0o700 });
    chownSync(closed, NOBODY, NOBODY);
    const refused = bare(path.join(closed, 'knockd.conf'));
    assert.equal(refused.status, 77);
    assert.match(refused.stderr, /^bussa: cannot write [^\n]+: run it as root, or [^\n]+\n$/);
    const made = bare(scratch.file('knockd.conf'));
    assert.deepEqual([made.status, made.stderr], [0, '']);
    assert.equal(JSON.parse(made.stdout).firewall.kind, 'unknown');
  });

  test('a file of mode 0600 without warnings, never over another, but beside it with --force', () => {
    using scratch = new Scratch();
    const file = scratch.file('knockd.conf');
    const args = [
      '--yes',
      '--json',
      '--port',
      'udp/51820',
      '--door',
      'vpn',
      '--for',
      '10m',
      '--host',
      'a.example',
    ];
    const first = run(...args, '--config', file);
    assert.equal(first.status, 0, first.stderr);
    const answer = JSON.parse(first.stdout) as Answer;
    assert.equal(statSync(file).mode & 0o7777, 0o600);
    const text = readFileSync(file);
    const parsed = parseConfig(file, text);
    assert.ok(parsed.kind === 'ok' && parsed.warnings.length === 0);
    const [door] = parsed.config.doors;
    assert.equal(door?.name, 'vpn');
    assert.deepEqual(door?.opening.ports, [{ protocol: 'udp', first: 51_820, last: 51_820, path: 'input' }]);
    assert.equal(door?.opening.cmdTimeout, 600_000);
    const ports = answer.sequence.replaceAll(':tcp', '').replaceAll(',', ' ');
    assert.equal(answer.knock, `knock -d 100 a.example ${ports}`);

    const second = run(...args, '--config', file);
    assert.equal(second.status, 1);
    assert.match((JSON.parse(second.stdout) as { error: string }).error, /already exists: .*--force/);
    assert.deepEqual(readFileSync(file), text);

    const forced = run(...args, '--config', file, '--force');
    assert.equal(forced.status, 0, forced.stderr);
    const { backup = '', sequence } = JSON.parse(forced.stdout) as Answer;
    assert.match(backup, /knockd\.conf\.\d{8}T\d{6}Z$/);
    assert.deepEqual(readFileSync(backup), text);
    assert.notEqual(sequence, answer.sequence);
    assert.equal(readdirSync(scratch.path).length, 2, 'no draft is left');
  });

  test('if it may not write, it says so, and leaves nothing behind', () => {
    const { status, stderr } = run('--yes', '--config', '/proc/knockd.conf');
    assert.equal(status, 1);
    assert.match(stderr, /cannot write \/proc\/knockd\.conf/);
  });

  test('/etc/default/knockd keeps what it has beside the start', () => {
    assert.equal(allowStartIn(''), 'START_KNOCKD=1\n');
    assert.equal(
      allowStartIn('START_KNOCKD=0\nKNOCKD_OPTS="-i eth1"\n'),
      'START_KNOCKD=1\nKNOCKD_OPTS="-i eth1"\n',
    );
    assert.equal(allowStartIn('#START_KNOCKD=0'), '#START_KNOCKD=0\nSTART_KNOCKD=1\n');
  });

  test('--page: both files or neither', () => {
    using scratch = new Scratch();
    const [config, page] = [scratch.file('k.conf'), scratch.file('p.html')];
    const order = ['--yes', '--config', config, '--page', page, '--host'];
    const refused = run(...order, 'fe80::1%eth0', '--force');
    assert.notEqual(refused.status, 0);
    const bad = run(...order, 'box.example.org', '--link', 'javascript:alert(1)');
    assert.deepEqual([bad.status, readdirSync(scratch.path)], [1, []]);
    assert.match(bad.stderr, /is no link to a service/);

    assert.equal(run(...order, 'box.example.org').status, 0);
    assert.deepEqual(
      [config, page].map((file) => statSync(file).mode & 0o7777),
      [0o600, 0o600],
    );
    const [first, knock] = [config, page].map((file) => readFileSync(file, 'utf8'));
    const again = run(...order, 'box.example.org', '--force');
    assert.equal(again.status, 1);
    assert.match(again.stderr, /p\.html already exists and was not changed/);
    const other = scratch.file('other.html');
    const there = run('--yes', '--config', config, '--page', other, '--host', 'box.example.org');
    assert.notEqual(there.status, 0);
    assert.deepEqual(readdirSync(scratch.path).sort(), ['k.conf', 'p.html']);
    assert.deepEqual(
      [config, page].map((file) => readFileSync(file, 'utf8')),
      [first, knock],
    );
  });
});

test('the profile that init prints is one, with the knock that it prints', () => {
  const order: InitRequest = {
    ...{ configFile: 'x', door: 'ssh', openFor: '60', knocks: 3, host: 'a.example', force: false },
    ports: [{ protocol: 'tcp', first: 2222 as Port, last: 2222 as Port, path: 'input' }],
  };
  const sequence: Sequence = [
    { protocol: 'tcp', port: 7312 as Port },
    { protocol: 'udp', port: 18_423 as Port },
  ];
  const text = renderProfile(order, sequence).join('\n');
  const parsed = parseHosts('hosts.conf', new TextEncoder().encode(`${text}\n`), () => undefined);
  assert.ok(parsed.kind === 'ok', text);
  const profile = profileOf(parsed.hosts, 'a.example');
  assert.equal(profile.port, 2222);
  assert.deepEqual(profile.knock, sequence);
});
