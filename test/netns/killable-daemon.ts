import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { C_KNOCK, KNOCKD, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import type { NetService } from '../lab/net-service.ts';
import type { Program } from '../lab/program.ts';
import { draw, seededRandom } from '../lab/seeded-random.ts';
import { assertShut, startService } from '../lab/service.ts';
import { CLIENT, SERVER, Wire } from '../lab/wire.ts';

type Moment = { readonly from: number; readonly width: number };

/** Of a door that is open for one second, in milliseconds after the knocks: around its open, around its close, anywhere. */
const MOMENTS: readonly [Moment, ...Moment[]] = [
  { from: 0, width: 25 },
  { from: 950, width: 150 },
  { from: 0, width: 1200 },
];

/** What is different in one life of the daemon. */
export type Life = {
  /** Words before the daemon's own, ending in what becomes the daemon: `['env', 'A=1']`. */
  readonly prefix?: readonly string[];
  /** Happens after the daemon listens and before the knocks. */
  readonly beforeKnocks?: (daemon: Program) => Promise<unknown>;
  /** Happens at a random moment between the knocks and the death. */
  readonly meanwhile?: (daemon: Program) => Promise<unknown>;
};

export type MortalOptions = {
  /** More of the configuration, `[options]` for one. */
  readonly config?: string;
  /** What follows each stop command: `; exit 1`. */
  readonly afterClose?: string;
  /** Makes the host's own firewall. */
  readonly arrange?: (server: Namespace) => Promise<void>;
  readonly daemonOptions?: (directory: WorkDirectory) => readonly string[];
};

/**
 * A daemon that is started again and again on one state and killed at random moments around knocks, opens and closes:
 * one door that opens a port, one that runs commands, one that does both. Each command leaves a line in a file.
 *
 *     client                 server
 *     eth0 10.7.0.2    ────  eth0 10.7.0.1, knockd, echo services on 22 and 23
 */
export class Mortal implements AsyncDisposable {
  readonly wire: Wire;
  readonly directory: WorkDirectory;
  readonly random: () => number;
  /** The daemon's `--state`. */
  state: string;
  /** What all lives have written. */
  output = '';
  /** The files with the lines of the commands, each of one door. */
  readonly done: readonly [string, string];
  readonly #options: MortalOptions;
  readonly #services: readonly NetService[];
  readonly #rulesBefore: string;

  private constructor(
    wire: Wire,
    directory: WorkDirectory,
    random: () => number,
    options: MortalOptions,
    services: readonly NetService[],
    rulesBefore: string,
  ) {
    this.wire = wire;
    this.directory = directory;
    this.random = random;
    this.#options = options;
    this.#services = services;
    this.#rulesBefore = rulesBefore;
    this.state = directory.file('state');
    mkdirSync(this.state, { mode: 0o700 });
    this.done = [directory.file('done'), directory.file('done-both')];
  }

  static async create(t: TestContext, lane: number, options: MortalOptions = {}): Promise<Mortal> {
    const random = seededRandom(t, lane);
    const wire = await Wire.create();
    await options.arrange?.(wire.server);
    const services = [await startService(wire.server, 22), await startService(wire.server, 23)];
    const rules = await rulesOf(wire);
    return new Mortal(wire, new WorkDirectory(), random, options, services, rules);
  }

  /** One life: start, knocks, death at a random moment. Returns what it wrote. */
  async live({ prefix = [], beforeKnocks, meanwhile }: Life = {}): Promise<string> {
    await using daemon = await this.start(prefix);
    await beforeKnocks?.(daemon);
    const knocks = this.#knock();
    const { from, width } = draw(this.random, MOMENTS);
    const wait = from + this.random() * width;
    const until = wait * this.random();
    await delay(until);
    await meanwhile?.(daemon);
    await delay(wait - until);
    assert.deepEqual(await daemon.stop('SIGKILL'), { code: null, signal: 'SIGKILL' }, daemon.output);
    await Promise.all(knocks);
    this.output += daemon.output;
    return daemon.output;
  }

  async start(prefix: readonly string[] = []): Promise<Program> {
    const config = this.directory.file('knockd.conf', this.#config());
    const options = this.#options.daemonOptions?.(this.directory) ?? [];
    const words = [...prefix, ...KNOCKD, '-c', config, '-v', '-i', 'eth0', '--state', this.state, ...options];
    const [program = '', ...args] = words;
    const daemon = this.wire.server.start(program, ...args);
    await daemon.saw(/listening on .*\.\.\.\n/);
    return daemon;
  }

  /** What a reboot does: commands end in the middle, and the firewall is empty. */
  async machineEnds(): Promise<void> {
    const { server } = this.wire;
    for (const pid of await server.pids()) killProcess(pid);
    await server.run('nft', 'flush', 'ruleset');
  }

  /** A whole life in order, in which all that is open is closed. Returns what it wrote. */
  async liveInOrder(prefix: readonly string[] = []): Promise<string> {
    await using daemon = await this.start(prefix);
    const exit = await daemon.stop();
    this.output += daemon.output;
    assert.equal(exit.code, 0, daemon.output);
    return daemon.output;
  }

  /** With nothing in its way any more: no door is open, no lease and no rule is left over. */
  async assertNothingIsLeft(prefix: readonly string[] = []): Promise<void> {
    await this.liveInOrder(prefix);
    assert.equal(await rulesOf(this.wire), this.#rulesBefore, 'no rule is left over');
    await using again = await this.start(prefix);
    await Promise.all([22, 23].map((port) => assertShut(this.wire.client, SERVER, port, CLIENT)));
    assert.equal((await again.stop()).code, 0);
    assert.doesNotMatch(
      again.output,
      /left open|cannot (?!reach, judged)|lost/,
      'no lease is left over, and nothing to complain of',
    );
    // What was written by a daemon that a test let run to its end.
    assert.doesNotMatch(this.output, /this is a bug/);
  }

  /** The lines of each door's commands: `open` and `close`. */
  lines(): string[][] {
    return this.done.map((file) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []));
  }

  count(pattern: RegExp): number {
    return [...this.output.matchAll(pattern)].length;
  }

  #knock(): Promise<unknown>[] {
    return ['71', '81', '91'].map((start) =>
      this.wire.client.run(C_KNOCK, SERVER, `${start}00`, `${start}01`, `${start}02`),
    );
  }

  #config(): string {
    const { config = '', afterClose = '' } = this.#options;
    const commands = (file: string): string =>
      `  start_command = echo open >> ${file}\n  stop_command  = echo close >> ${file}${afterClose}\n`;
    const door = (name: string, start: number, more: string): string =>
      `[${name}]\n  sequence = ${start}00,${start}01,${start}02\n  tcpflags = syn\n  cmd_timeout = 1\n${more}`;
    return [
      config,
      door('native', 71, '  open = tcp/22\n'),
      door('command', 81, commands(this.done[0])),
      door('both', 91, `  open = tcp/23\n${commands(this.done[1])}`),
    ].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of this.#services) await service[Symbol.asyncDispose]();
    await this.wire[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Everybody's rules in the server's namespace. */
async function rulesOf({ server }: Wire): Promise<string> {
  return (await server.run('nft', '-s', 'list', 'ruleset')) + (await server.run('ipset', 'list', '-n'));
}

/** How the lines of a door's commands depart from `open close open close …`. */
export type Departures = {
  /** `open` without a `close` behind it. */
  readonly lostCloses: number;
  /** `close` without an `open` before it. */
  readonly extraCloses: number;
};

export function departuresOf(lines: readonly string[]): Departures {
  let open = false;
  let lostCloses = 0;
  let extraCloses = 0;
  for (const line of lines) {
    assert.match(line, /^(open|close)$/);
    if (line === 'open' && open) lostCloses++;
    if (line === 'close' && !open) extraCloses++;
    open = line === 'open';
  }
  return { lostCloses: lostCloses + (open ? 1 : 0), extraCloses };
}

/** Each open has one close, and no close comes twice. `deaths`: enough must have happened to show anything. */
export function assertClosesOnce(mortal: Mortal, deaths: number): void {
  const all = mortal.lines();
  const count = all.flat().length;
  assert.ok(
    count >= deaths / 2,
    `only ${count} lines: too little happened to show anything:\n${mortal.output}`,
  );
  for (const lines of all) {
    assert.deepEqual(departuresOf(lines), { lostCloses: 0, extraCloses: 0 }, lines.join(' '));
  }
}
