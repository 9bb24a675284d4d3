import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { LeaseKeeper } from '../../src/app/daemon/leases/lease-keeper.ts';
import { Claims } from '../../src/app/state/claims.ts';
import { type Completion, completeByProof, type Proof } from '../../src/core/attempt/completion.ts';
import { parseConfig } from '../../src/core/config/file/parse-config.ts';
import type { Door } from '../../src/core/door/door.ts';
import type { HookOccasion } from '../../src/core/door/hook.ts';
import { renderCommands } from '../../src/core/door/opening.ts';
import { type Event, isLogged } from '../../src/core/event/event.ts';
import { hookOccasion } from '../../src/core/event/hook-occasion.ts';
import { type LeaseId, MAX_LEASES } from '../../src/core/lease/lease.ts';
import { LeaseMachine } from '../../src/core/lease/lease-machine.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { claimedCommand } from '../../src/host/process/claim.ts';
import {
  CommandRunner,
  DEFAULT_RUNNER_LIMITS,
  type RunnerLimits,
} from '../../src/host/process/command-runner.ts';
import { runCommand } from '../../src/host/process/run-command.ts';
import type { LeaseStore, StoredLease } from '../../src/host/store/lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { Scratch } from '../lab/child-module.ts';
import { PATIENCE_MS } from '../lab/program.ts';

export const SOURCE = parseAddress('192.0.2.7') as Address;

export const proofOf = (user: string): Proof => ({
  ...{ kind: 'key', user },
  fingerprint: `SHA256:${user.padEnd(43, 'x')}`,
});

/** A clock that goes only when it is told to. */
export class HandClock {
  boot = 1000;
  day = 1_700_000_000_000;
  bootId = 'this boot';

  sinceBoot = () => instant(this.boot);
  wall = () => instant(this.day);

  advance(ms: number): void {
    this.boot += ms;
    this.day += ms;
  }
}

type KindOf<K extends Event['kind']> = Extract<Event, { kind: K }>;

/** A keeper of doors on a real database, real claims and real commands, with a clock of its own. */
export class KeeperFixture implements Disposable {
  readonly scratch = new Scratch();
  readonly clock = new HandClock();
  readonly events: Event[] = [];
  readonly banned = new Set<Address>();
  /** Users whose proofs do not count any more. */
  readonly revoked = new Set<string>();
  readonly claims = new Claims(this.scratch.file('claims'));
  store: LeaseStore = openSqliteLeaseStore(this.scratch.file('leases.db'));
  #watchers: (() => void)[] = [];
  readonly #keepers: LeaseKeeper[] = [];

  /** What hooks are told. */
  get told(): HookOccasion[] {
    return this.events.map(hookOccasion).filter((occasion) => occasion !== undefined);
  }

  readonly report = (event: Event): void => {
    this.events.push(event);
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
  };

  keeper(limits: RunnerLimits = DEFAULT_RUNNER_LIMITS, store: LeaseStore = this.store): LeaseKeeper {
    const { claims, clock, report } = this;
    const keeper = new LeaseKeeper({
      machine: new LeaseMachine(MAX_LEASES),
      store,
      claims,
      clock,
      report,
      isBanned: (source) => this.banned.has(source),
      mayHold: ({ user }) => !this.revoked.has(user),
      runner: new CommandRunner(this.scratch.path, limits),
    });
    this.#keepers.push(keeper);
    return keeper;
  }

  /** A door whose commands run in the directory of the test. */
  door(commands: { start: string; stop?: string; cmdTimeout?: number }, name = 'door'): Door {
    const stop = commands.stop === undefined ? '' : `stop_command = ${commands.stop}\n`;
    const text = `[${name}]\nsequence = 7000\nstart_command = ${commands.start}\n${stop}cmd_timeout = ${commands.cmdTimeout ?? 60}\n`;
    const result = parseConfig('test', new TextEncoder().encode(text));
    if (result.kind === 'bad') throw new Error(JSON.stringify(result.diagnostics));
    const [spec] = result.config.doors;
    if (spec?.sequenceSource.kind !== 'fixed') throw new Error('no door');
    return { ...spec, sequence: spec.sequenceSource.sequence };
  }

  /** What the engine hands over: nothing else can make one, which is the type's point and not the test's. */
  completion(door: Door, source: Address = SOURCE): Completion {
    return { door, source, at: instant(0) } as Completion;
  }

  /** What a signed knock of the user brings about, once it has been judged. */
  byKey(user: string, door: Door): Completion {
    return completeByProof(door, SOURCE, instant(0), proofOf(user));
  }

  /** The row that a daemon has written which has died since. */
  left(door: Door, changes: Partial<StoredLease> = {}): StoredLease {
    const length = door.opening.cmdTimeout;
    const lease: StoredLease = {
      id: 'left-behind' as LeaseId,
      door: door.name,
      source: SOURCE,
      stop: renderCommands(door.opening, SOURCE).stop ?? '',
      since: instant(this.clock.boot),
      sinceWall: instant(this.clock.day),
      due: instant(this.clock.boot + length),
      dueWall: instant(this.clock.day + length),
      length: millis(length),
      bootId: this.clock.bootId,
      ...changes,
    };
    this.store.record(lease);
    return lease;
  }

  claimedStart(lease: StoredLease, command: string): string {
    return claimedCommand(this.claims.start(lease.id), `cd '${this.scratch.path}'; ${command}`, 'refuse');
  }

  claimedStop(lease: StoredLease, command: string): string {
    return claimedCommand(this.claims.stop(lease.id), `cd '${this.scratch.path}'; ${command}`, 'run');
  }

  kinds(): Event['kind'][] {
    return this.events.filter(isLogged).map((event) => event.kind);
  }

  /** The lines that the commands have written. */
  get done(): string {
    const path = this.scratch.file('done');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  async saw<K extends Event['kind']>(kind: K, nth = 1): Promise<KindOf<K>> {
    const isIt = (event: Event): event is KindOf<K> => event.kind === kind;
    await this.until(() => this.events.filter(isIt).length >= nth, `event ${nth} of kind ${kind}`);
    return this.events.filter(isIt)[nth - 1] as KindOf<K>;
  }

  async empty(): Promise<void> {
    await this.until(() => this.store.all().length === 0, 'an empty store');
  }

  /** Lets the clock go, a second at each look, until what is waited for is there. */
  async passing<T>(promise: Promise<T>): Promise<T> {
    const timer = setInterval(() => this.clock.advance(1000), 20);
    try {
      return await promise;
    } finally {
      clearInterval(timer);
    }
  }

  /** A pipe that a command waits at. */
  async makeGate(): Promise<void> {
    await runCommand('mkfifo gate', this.scratch.path);
  }

  /** Lets one command through that reads the gate, and waits for it to come there. */
  async openGate(): Promise<void> {
    await runCommand('echo > gate', this.scratch.path);
  }

  /** Looks at every event, and now and then. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > deadline) {
        throw new Error(`no ${what}; events: ${JSON.stringify(this.events)}; done: ${this.done}`);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, 20);
      this.#watchers.push(resolve);
      await promise;
      clearTimeout(timer);
    }
  }

  /** A test that has failed leaves commands and timers behind, which would keep its process from ending. */
  [Symbol.dispose](): void {
    for (const keeper of this.#keepers) keeper.leave();
    try {
      this.store.close();
    } finally {
      // First those that run: what would begin from then on has no directory to begin in.
      const running = this.#groups();
      this.scratch[Symbol.dispose]();
      for (const group of new Set([...running, ...this.#groups()])) endGroup(group);
    }
  }

  /** Of the commands that this process has started for this fixture, each the first of its group. */
  #groups(): number[] {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1')
      .split(' ')
      .filter(Boolean);
    return children.map(Number).filter((pid) => directoryOf(pid)?.startsWith(this.scratch.path) === true);
  }
}

/** Of a removed one, its name and ` (deleted)`. */
function directoryOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // It has just ended.
    return undefined;
  }
}

function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
