/**
 * Commands that are killed or hang, of a real daemon: a door whose stop command was killed is closed all the same, and one
 * door's commands hold up no other door, nor the stop of the daemon.
 *
 *     client                               server
 *     eth0 10.7.0.2, fd07::2          ────  eth0 10.7.0.1, fd07::1, knockd
 *          10.7.0.10 and more, fd07::10 and more
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { STOP_MS } from '../../src/app/daemon/leases/close-all.ts';
import { WorkDirectory } from '../lab/knockd.ts';
import { PATIENCE_MS } from '../lab/program.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6 } from '../lab/wire.ts';
import { ControlFixture } from './control-fixture.ts';

type Past = {
  readonly history: readonly {
    readonly source: string;
    readonly how: string;
    readonly stopFailure?: string;
  }[];
};
type Leases = { readonly leases: readonly { readonly source: string }[] };

/** What the commands of a test have written, and its word to those that hang. */
class Marks implements Disposable {
  readonly #directory = new WorkDirectory();
  /** Ends at once when `release` has been called; before, it says which process group it is, and hangs. */
  readonly hang =
    `[ -e ${this.#directory.file('over')} ] || { echo $$ >> ${this.#directory.file('groups')}; sleep 1000; }`;
  #killed = 0;

  /** A command that notes these words. */
  note(words: string): string {
    return `echo ${words} >> ${this.#directory.file('done')}`;
  }

  get done(): readonly string[] {
    return this.#lines('done').toSorted();
  }

  async hanging(count: number): Promise<void> {
    await until(
      () => this.#lines('groups').length >= count,
      () => `${count} that hang, not ${this.#lines('groups').length}`,
    );
  }

  async saw(...lines: readonly string[]): Promise<void> {
    await until(
      () => lines.every((line) => this.done.includes(line)),
      () => `${lines} in ${this.done}`,
    );
  }

  release(): void {
    writeFileSync(this.#directory.file('over'), '');
  }

  /** As the kernel does it when it is out of memory: everything in the groups that hang now. */
  kill(): void {
    const groups = this.#lines('groups');
    for (const group of groups.slice(this.#killed)) {
      try {
        process.kill(-Number(group), 'SIGKILL');
      } catch {
        // Has been ended with its daemon.
      }
    }
    this.#killed = groups.length;
  }

  #lines(name: string): string[] {
    const path = this.#directory.file(name);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  }

  [Symbol.dispose](): void {
    this.release();
    this.kill();
    this.#directory[Symbol.dispose]();
  }
}

async function until(isTrue: () => boolean, what: () => string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isTrue()) {
    assert.ok(performance.now() < deadline, `missing: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One datagram to each of the ports, from each of so many addresses of either family. */
const KNOCKER = `
const { createSocket } = require('node:dgram');
const [ports, first, count] = JSON.parse(process.argv[1]);
for (let n = first; n < first + count; n++)
  for (const [kind, from, to] of [['udp4', '10.7.0.' + n, '${SERVER}'], ['udp6', 'fd07::' + n, '${SERVER6}']]) {
    const socket = createSocket(kind);
    socket.bind(0, from, async () => {
      for (const port of ports) await new Promise((sent) => socket.send('', port, to, sent));
      socket.close();
    });
  }`;

async function knock(stage: ControlFixture, ports: readonly number[], first = 2, count = 1): Promise<void> {
  const add =
    'for n in $(seq "$0" "$1"); do ip addr replace 10.7.0.$n/24 dev eth0; ip addr replace fd07::$n/64 dev eth0 nodad; done';
  await stage.client.run('sh', '-ec', add, `${first}`, `${first + count - 1}`);
  await stage.client.run(process.execPath, '-e', KNOCKER, JSON.stringify([ports, first, count]));
}

const door = (name: string, port: number, start: string, stop?: string): string => `[${name}]
  sequence      = ${port}:udp
  start_command = ${start}
${stop === undefined ? '' : `  stop_command  = ${stop}\n  cmd_timeout   = 1\n`}`;

const slow = (marks: Marks): string =>
  door('slow', 7001, marks.note('open %IP%'), `${marks.hang}; ${marks.note('close %IP%')}`);
const BOTH = [CLIENT, CLIENT6] as const;
const OPENED = BOTH.map((ip) => `open ${ip}`);
const CLOSED = BOTH.map((ip) => `close ${ip}`);

describe('commands that are killed or hang, IPv4 and IPv6', { concurrency: 2 }, () => {
  test('a stop command is killed with its process group, twice: it runs again, and the history shows it', async () => {
    using marks = new Marks();
    await using stage = await ControlFixture.create(slow(marks));
    await knock(stage, [7001]);
    await marks.hanging(2);
    marks.kill();
    for (const ip of BOTH) await stage.knockd.saw(new RegExp(`${ip}: slow: not closed yet: tried once`));
    assert.deepEqual((await stage.json<Past>('history')).history, []);
    const { leases } = await stage.json<Leases>('leases');
    assert.deepEqual(leases.map(({ source }) => source).toSorted(), [...BOTH]);
    await marks.hanging(4);
    marks.release();
    marks.kill();
    await marks.saw(...CLOSED);
    assert.deepEqual(marks.done, [...CLOSED, ...OPENED]);
    await until(
      () => stage.knockd.count(/slow: not closed yet: tried 2 times/g) === 2,
      () => stage.knockd.output,
    );
    await assertEnded(stage, /signal SIGKILL/);
  });

  test('the daemon is killed while its stop commands hang, then they are: the next start runs them again', async () => {
    using marks = new Marks();
    await using stage = await ControlFixture.create(slow(marks));
    await knock(stage, [7001]);
    await marks.hanging(2);
    await stage.knockd.stop('SIGKILL');
    marks.release();
    marks.kill();
    assert.deepEqual(marks.done, OPENED);
    await stage.start(slow(marks));
    await marks.saw(...CLOSED);
    assert.deepEqual(marks.done, [...CLOSED, ...OPENED]);
    await assertEnded(stage);
  });

  test('64 hanging closings of one door, 8 × 8 hanging openings: an honest door opens and closes; the stop is bounded', async () => {
    using marks = new Marks();
    const eight = Array.from({ length: 8 }, (_, n) => door(`start-${n}`, 7100 + n, marks.hang));
    const honest = door('honest', 7002, marks.note('open %IP%'), marks.note('close %IP%'));
    await using stage = await ControlFixture.create(
      [`[options]\n  Stop_Limit = 5\n`, slow(marks).replace(/open %IP%/, 'begun'), ...eight, honest].join(
        '\n',
      ),
    );
    const ports = Array.from({ length: 8 }, (_, n) => 7100 + n);
    await knock(stage, ports, 100, 4);
    await marks.hanging(64);
    await knock(stage, [7001], 10, 32);
    await stage.knockd.saw(/slow: waiting: the limit of \d+ stop commands at/);
    await knock(stage, [7002]);
    await marks.saw(...OPENED, ...CLOSED);
    marks.release();
    const exit = await stage.knockd.stop('SIGTERM', LONGEST_STOP_MS);
    assert.deepEqual(exit, { code: 0, signal: null });
  });
});

test('SIGTERM while 64 stop commands hang: it ends within its bound, says which are left, and the next start closes them', async () => {
  using marks = new Marks();
  await using stage = await ControlFixture.create(slow(marks));
  await knock(stage, [7001], 10, 32);
  await until(
    () => marks.done.length === 64,
    () => `64 openings, not ${marks.done.length}`,
  );
  const { knockd } = stage;
  const exit = await knockd.stop('SIGTERM', STOP_MS + 30_000);
  assert.deepEqual(exit, { code: 1, signal: null }, knockd.output.slice(-2000));
  const left =
    /the next start closes the rest: (?:slow for [\da-f.:]+, ){7}slow for [\da-f.:]+ and 56 more$/m;
  assert.match(knockd.output, left);
  marks.release();
  marks.kill();
  await stage.start(slow(marks));
  await until(
    () => marks.done.filter((line) => line.startsWith('close ')).length === 64,
    () => `64 closings in ${marks.done}`,
  );
});

/** The daemon's stop takes 3 minutes at most (docs/signals.md); here its limits are over long before. */
const LONGEST_STOP_MS = 60_000;

/** Both leases are over, and both at their time. */
async function assertEnded(stage: ControlFixture, failure?: RegExp): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { history } = await stage.json<Past>('history');
    if (history.length < BOTH.length && performance.now() < deadline) continue;
    assert.deepEqual(history.map(({ source }) => source).toSorted(), [...BOTH], JSON.stringify(history));
    for (const past of history) {
      assert.equal(past.how, 'expired');
      if (failure !== undefined) assert.match(past.stopFailure ?? '', failure, JSON.stringify(past));
    }
    return;
  }
}
