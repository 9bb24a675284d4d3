/**
 * No program ends in a stack trace, whatever the host is like: no /proc, no HOME, no directory, no room, nobody's rights. It
 * says in a sentence what is the matter, its status is one of those that its manual names, and a daemon that can hear
 * packets hears them. Any two of the host's faults meet, at each program that goes deep; at every other verb a few.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { optionsOf } from '../../src/cli/arguments/common-options.ts';
import type { Verb } from '../../src/cli/arguments/verb.ts';
import { VERBS } from '../../src/cli/bussa/bussa-options.ts';
import { EXIT } from '../../src/host/self/exit-status.ts';
import { BUSSA, C_KNOCK, KNOCK, KNOCKD, knockdCommand, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import { pairwise } from '../lab/pairwise.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { type Ending, HOSTS, type Host, HostileHost } from './hostile-host.ts';

type Command = (host: HostileHost) => readonly string[];

/** Programs at one time. */
const WORKERS = 3;

/** Rows for each of the other programs and verbs. */
const ROWS_OF_OTHERS = 2;

const DAEMON: Command = (host) => ['-c', host.config, '--state', host.state, '-g', host.log, '-v'];

const OWN: Readonly<Record<string, Command>> = {
  knock: () => [...KNOCK, '-v', '127.0.0.1', '7000', '8000:udp'],
  'knock --help': () => [...KNOCK, '--help'],
  knockd: (host) => [...KNOCKD, ...DAEMON(host)],
  'knockd -d': (host) => [...KNOCKD, '-d', ...DAEMON(host), '-p', `${host.log}.pid`],
  'knockd --check': (host) => [...KNOCKD, '--check', '-c', host.config],
  'knockd --read': (host) => [...KNOCKD, '--read', host.config, '-c', host.config],
};

/** Those that meet most of the host. */
const DEEP = [
  'knockd',
  'knockd -d',
  ...['up', 'init', 'doctor', 'history'].map((name) => `bussa ${name}`),
] as const;

/** What an operand of the name may be. */
const OPERANDS: Readonly<Record<string, string>> = {
  IP: '192.0.2.1',
  ADDRESS: '192.0.2.1',
  SHELL: 'bash',
  HOST: '127.0.0.1',
  PORT: '9',
};

/** Besides the options that the tables tell. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  simulate: ['--knock', '7000 8000:udp 9000'],
  init: ['--force', '--port', '22'],
  web: ['--port', '0'],
};

/** What serves until it is ended; long after it has begun. */
const ENDED: Readonly<Record<string, readonly string[]>> = {
  web: ['timeout', '--preserve-status', '10'],
  fleet: ['timeout', '--preserve-status', '10'],
};

function commandOf(verb: Verb): Command {
  const options = optionsOf(verb);
  return (host) => {
    const given = Object.entries({
      config: ['-c', host.config],
      state: ['--state', host.state],
      hosts: ['--hosts', host.config],
      logfile: ['-g', host.log],
      yes: ['--yes'],
    }).flatMap(([name, words]) => (name in options ? words : []));
    const operands = verb.operands.map(({ name }) =>
      name === 'FILE' ? host.config : (OPERANDS[name] ?? 'ssh'),
    );
    return [
      ...(ENDED[verb.name] ?? []),
      ...BUSSA,
      verb.name,
      ...given,
      ...(MORE[verb.name] ?? []),
      ...operands,
    ];
  };
}

const PROGRAMS: Readonly<Record<string, Command>> = {
  ...OWN,
  ...Object.fromEntries(VERBS.map((verb) => [`bussa ${verb.name}`, commandOf(verb)])),
};

type Trial = { readonly program: string } & Host;

/** Node.js itself opens /dev/null for a stream that is closed; the launchers say so, and there is nothing more to see. */
const canBe = ({ dev, stdin, stdout }: Host): boolean =>
  dev === 'usual' || (stdin !== 'closed' && stdout !== 'closed');

function trials(random: () => number): Trial[] {
  const [first = '', ...others] = DEEP;
  const rows = pairwise({ program: [first, ...others], ...HOSTS }, random, canBe);
  const shallow = Object.keys(PROGRAMS).filter((name) => !DEEP.includes(name));
  const hosts = pairwise(HOSTS, random, canBe);
  return [
    ...rows,
    ...shallow.flatMap((program, at) =>
      Array.from({ length: ROWS_OF_OTHERS }, (_, n) => {
        const host = hosts[(at * ROWS_OF_OTHERS + n) % hosts.length];
        assert.ok(host !== undefined);
        return { program, ...host };
      }),
    ),
  ];
}

const TRACE = /^\s+at |node:internal|^(?:\w*Error|Uncaught)\b|Node\.js v\d|bug in Bussa|Assertion failed/m;

/** As the manuals have them; 70, of a bug, is for no host. */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  knock: [0, 1, 2],
  knockd: [0, 1, 2, 77, 78],
  bussa: Object.values(EXIT).filter((status) => status !== EXIT.software),
};

/** What a shell that was started in a directory that is gone says by itself. */
const OF_THE_SHELL = /^sh: \d+: getcwd\(\) failed.*$/gm;

function faultsOf(trial: Trial, { status, said, log }: Ending): string[] {
  const faults: string[] = [];
  const [program = ''] = trial.program.split(' ');
  const words = said.replaceAll(OF_THE_SHELL, '');
  if (TRACE.test(words + log)) faults.push('a stack trace');
  if (typeof status !== 'number' || STATUSES[program]?.includes(status) !== true) faults.push('the status');
  const isHeard = trial.stdout === 'read' || trial.stdout === 'full';
  if (status !== 0 && isHeard && !/\S+ \S+ \S+ \S+/.test(words)) faults.push('no sentence');
  if (status === 0 && trial.stdout === 'full' && !isQuiet(trial)) faults.push('output that was lost');
  if (mustListen(trial) && (status !== 0 || (trial.program !== 'knockd -d' && !/listening on/.test(log))))
    faults.push('a daemon that does not listen');
  return faults;
}

/** A daemon has its log, and of knocks the status tells whether they have left. */
const isQuiet = ({ program }: Trial): boolean =>
  ['knock', 'knockd', 'knockd -d', 'bussa up'].includes(program);

function mustListen({ program, user, config, files, paths, cwd, dev }: Trial): boolean {
  const isDaemon =
    program === 'knockd' || program === 'bussa up' || (program === 'knockd -d' && dev === 'usual');
  const readable: readonly string[] = ['usable', 'read-only', 'full'];
  const isRead = readable.includes(config) || (user === 'root' && ["root's", 'mode 000'].includes(config));
  const isFound = paths === 'whole' || cwd === 'usual';
  return isDaemon && isRead && isFound && user !== 'anybody' && files === 'enough';
}

test('no program ends in a stack trace, whatever the host is like', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'bussa-hosts-'));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  chmodSync(place, 0o755);
  const all = trials(seededRandom(t));
  const wrong: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < all.length; at = next++) {
      const trial = all[at];
      assert.ok(trial !== undefined);
      const host = new HostileHost(trial, join(place, `${at}`));
      const ending = await host.run(PROGRAMS[trial.program]?.(host) ?? []);
      const faults = faultsOf(trial, ending);
      if (faults.length > 0)
        wrong.push(`${faults.join(', ')}: ${JSON.stringify(trial)}: status ${ending.status}\n${ending.said}`);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  t.diagnostic(`${all.length} runs`);
  assert.deepEqual(wrong, [], `${wrong.length} of ${all.length} runs:\n${wrong.slice(0, 10).join('\n')}`);
});

const AS_ANYBODY = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups'];
const HEARS = ['--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw'];

describe('a daemon that is not root', () => {
  for (const [name, before] of [
    ['and whose state is', []],
    [
      'without /proc, and whose state is',
      ['sh', '-c', 'while umount -l /proc 2>/dev/null; do :; done; exec "$@"', 'sh'],
    ],
  ] as const) {
    test(`${name} root's, hears knocks and logs them`, async () => {
      await using namespace = await Namespace.create();
      using directory = new WorkDirectory();
      chmodSync(directory.path, 0o755);
      mkdirSync(directory.file('state'), { mode: 0o700 });
      const config = '[door]\n  sequence = 7000:udp,8000:udp\n';
      const command = knockdCommand(directory, config, '--state', directory.file('state'));
      chownSync(directory.file('knockd.conf'), 1000, 1000);
      const [program, ...args] = [...before, ...AS_ANYBODY, ...HEARS, ...command];
      await using knockd = namespace.start(program ?? '', ...args);
      await knockd.saw(/listening on/);
      await namespace.run(C_KNOCK, '-u', '127.0.0.1', '7000', '8000');
      await knockd.saw(/127\.0\.0\.1: door: OPEN SESAME/);
      assert.match(knockd.output, /cannot open the state .*EACCES.*doors that run commands stay shut/);
      assert.deepEqual(await knockd.stop(), { code: 0, signal: null });
    });
  }
});

describe('output that is lost', () => {
  const printers: Readonly<Record<string, readonly string[]>> = {
    'bussa status': ['status'],
    'bussa help': ['help'],
    'bussa --version': ['--version'],
    'bussa completion': ['completion', 'bash'],
  };
  test('on a full disk: the program says so, and does not end with 0', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    await using _knockd = await startKnockd(namespace, directory, '[door]\n  sequence = 7000\n');
    for (const [name, words] of Object.entries(printers)) {
      const place = name === 'bussa status' ? ['--state', directory.path] : [];
      const command = [...BUSSA, ...words, ...place];
      await using program = namespace.start('sh', '-c', 'exec "$@" >/dev/full', 'sh', ...command);
      assert.deepEqual(await program.exited, { code: 1, signal: null }, name);
      assert.equal(
        program.output,
        'bussa: standard output could not be written completely: write failed: no space left on device (ENOSPC): make room on its disk\n',
        name,
      );
    }
  });

  test('because its reader has left: a program that prints on and on ends, without a word', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const door =
      '[door]\n  sequence = 7000\n  start_command = true\n  cmd_timeout = 600\n  stop_command = true\n';
    await using _knockd = await startKnockd(namespace, directory, door);
    const watch = [...BUSSA, 'watch', '--interval', '0.2', '--json', '--state', directory.path];
    const script = '{ "$@"; echo "status $?" >&2; } | head -n 1';
    await using program = namespace.start('sh', '-c', script, 'sh', ...watch);
    const [bussa = '', ...words] = BUSSA;
    // Something to tell.
    for (let source = 1; program.running && source < 100; source++) {
      await namespace.run(bussa, ...words, 'open', 'door', `192.0.2.${source}`, '--state', directory.path);
    }
    assert.match(program.output, /^\{.*\}\nstatus 0\n$/);
  });
});
