// The files a distribution or an operator installs, each really run: the init script with the real daemon in a
// mount and network namespace of its own, the unit through systemd's own checker, the manual page through mandoc's.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { repository } from '../lab/scratch-clone.ts';

const packaging = path.join(repository, 'packaging');
const DOOR = '[door]\n\tsequence = 7000,8000\n\tcommand = /bin/true\n';
/** bussa up takes the daemon's options, and its page names that of the daemon. */
const KNOCKD_PAGE = readFileSync(path.join(repository, 'docs/man/knockd.8'), 'utf8');
const LSB = { stopped: 3, deadWithPidFile: 1 };

type Result = { readonly status: number | null; readonly output: string };

function run(command: string, args: readonly string[], env: Record<string, string> = {}): Result {
  const options = { encoding: 'utf8', timeout: 60_000, env: { PATH: process.env.PATH, ...env } } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (error !== undefined) throw error;
  return { status, output: stdout + stderr };
}

/** A machine on which the init script finds the daemon of this clone, and defaults and configuration of its own. */
class Machine implements Disposable {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'bussa-init-'));
  readonly pidFile: string;

  constructor({
    start,
    config = DOOR,
    pidFileIn = 'defaults',
  }: {
    readonly start: string;
    readonly config?: string;
    readonly pidFileIn?: 'defaults' | 'config';
  }) {
    this.pidFile = path.join(this.directory, 'pid');
    const inConfig = pidFileIn === 'config';
    this.#write('knockd.conf', inConfig ? `[options]\n\tPidFile = ${this.pidFile}\n${config}` : config);
    this.#write(
      'default-knockd',
      [
        ...(start === '' ? [] : [`START_KNOCKD=${start}`]),
        `KNOCKD_OPTS="-i lo --state ${this.directory}"`,
        `DAEMON="${path.join(repository, 'bin/knockd')}"`,
        `CONF="${path.join(this.directory, 'knockd.conf')}"`,
        ...(inConfig ? [] : [`PIDFILE="${this.pidFile}"`]),
      ].join('\n'),
    );
  }

  /** Runs the init script as the machine's, where /etc/default/knockd is the scratch file. */
  init(action: string): Result {
    const script = 'mount --bind "$0" /etc/default/knockd && ip link set lo up && exec sh "$1" "$2"';
    const files = [path.join(this.directory, 'default-knockd'), path.join(packaging, 'knockd.init')];
    return run('unshare', ['--mount', '--net', 'sh', '-c', script, ...files, action]);
  }

  pid(): number | undefined {
    return existsSync(this.pidFile) ? Number(readFileSync(this.pidFile, 'utf8')) : undefined;
  }

  isAlive(): boolean {
    const pid = this.pid();
    return pid !== undefined && existsSync(`/proc/${pid}/cmdline`);
  }

  #write(name: string, text: string): void {
    writeFileSync(path.join(this.directory, name), text, { mode: 0o600 });
  }

  [Symbol.dispose](): void {
    if (this.isAlive()) this.init('stop');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function succeeds({ status, output }: Result): string {
  assert.equal(status, 0, output);
  return output;
}

suite('init script', () => {
  test('start, status, reload, restart, stop', () => {
    using machine = new Machine({ start: '1' });
    assert.equal(machine.init('status').status, LSB.stopped);
    succeeds(machine.init('start'));
    const first = machine.pid();
    assert.ok(machine.isAlive());
    assert.match(succeeds(machine.init('status')), new RegExp(`running as process ${first}\\b`));
    succeeds(machine.init('start'));
    assert.equal(machine.pid(), first, 'a second start changes nothing');
    succeeds(machine.init('reload'));
    assert.ok(machine.isAlive());
    succeeds(machine.init('restart'));
    assert.notEqual(machine.pid(), first);
    assert.ok(machine.isAlive());
    succeeds(machine.init('stop'));
    assert.ok(!machine.isAlive());
    assert.equal(machine.init('status').status, LSB.stopped);
    succeeds(machine.init('stop'));
  });

  for (const start of ['0', 'yes', '']) {
    test(`START_KNOCKD=${start} keeps it from starting`, () => {
      using machine = new Machine({ start });
      assert.match(succeeds(machine.init('start')), /disabled: not starting/);
      assert.equal(machine.pid(), undefined);
    });
  }

  test('a PidFile in the configuration is found', () => {
    using machine = new Machine({ start: '1', pidFileIn: 'config' });
    succeeds(machine.init('start'));
    succeeds(machine.init('status'));
    succeeds(machine.init('stop'));
    assert.ok(!machine.isAlive());
  });

  test('a pid file left by a dead daemon, its number in other hands, is neither trusted nor in the way', () => {
    using machine = new Machine({ start: '1' });
    writeFileSync(machine.pidFile, `${process.pid}\n`);
    assert.equal(machine.init('status').status, LSB.deadWithPidFile);
    succeeds(machine.init('stop'));
    succeeds(machine.init('start'));
    assert.notEqual(machine.pid(), process.pid);
    succeeds(machine.init('status'));
  });

  test('a bad configuration is a failure that says where', () => {
    using machine = new Machine({
      start: '1',
      config: '[door]\n\tsequence = 7000,70000\n\tcommand = /bin/true\n',
    });
    const { status, output } = machine.init('start');
    assert.equal(status, 78, output);
    assert.match(output, /knockd\.conf:2:\d+: /);
    assert.equal(machine.pid(), undefined);
  });

  test('an unknown action is refused', () => {
    using machine = new Machine({ start: '1' });
    assert.equal(machine.init('frobnicate').status, 2);
  });
});

suite('systemd unit', () => {
  const unit = readFileSync(path.join(packaging, 'knockd.service'), 'utf8');

  test('systemd finds no fault with it', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'bussa-unit-'));
    try {
      const file = path.join(directory, 'knockd.service');
      writeFileSync(
        file,
        unit.replace('ExecStart=/usr/local/sbin/knockd', `ExecStart=${repository}/bin/knockd`),
      );
      assert.equal(succeeds(run('systemd-analyze', ['verify', '--man=no', file])), '');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('START_KNOCKD decides whether it starts', () => {
    const script = /^ExecCondition=\/bin\/sh -c '(.*)'$/m.exec(unit)?.[1]?.replaceAll('$$', '$');
    assert.ok(script !== undefined);
    const condition = (env: Record<string, string>): Result => run('/bin/sh', ['-c', script], env);
    assert.deepEqual(condition({ START_KNOCKD: '1' }), { status: 0, output: '' });
    assert.deepEqual(condition({}), { status: 0, output: '' });
    assert.equal(condition({ START_KNOCKD: '0' }).status, 1);
    assert.match(condition({ START_KNOCKD: '0' }).output, /START_KNOCKD is not 1/);
  });
});

for (const program of ['bussa', 'knockd']) {
  suite(`manual page of ${program}`, () => {
    const page = path.join(repository, `docs/man/${program}.8`);

    test('mandoc warns of nothing', () => {
      succeeds(run('mandoc', ['-T', 'lint', '-W', 'warning', page]));
    });

    test('it has every option that --help names', () => {
      const words =
        program === 'bussa'
          ? [
              ['up', '--help'],
              ['confirm', '--help'],
            ]
          : [['--help']];
      const help = words.map((args) => succeeds(run(path.join(repository, 'bin', program), args))).join('');
      const text = readFileSync(page, 'utf8') + (program === 'bussa' ? KNOCKD_PAGE : '');
      const options = help.match(/(?<=^ .*)--[a-z0-9-]+/gm) ?? [];
      assert.ok(options.length >= 13, help);
      for (const option of options) assert.match(text, new RegExp(`Fl -${option.slice(2)}\\b`));
    });
  });
}
