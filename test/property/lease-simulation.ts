import assert from 'node:assert/strict';
import type { Proof } from '../../src/core/attempt/completion.ts';
import type { DoorSpec } from '../../src/core/door/door.ts';
import { isSame } from '../../src/core/lease/holders.ts';
import type { Lease, LeaseId } from '../../src/core/lease/lease.ts';
import type { LeaseEffect } from '../../src/core/lease/lease-effect.ts';
import type { AdoptInput, LeaseInput } from '../../src/core/lease/lease-input.ts';
import { LeaseMachine } from '../../src/core/lease/lease-machine.ts';
import { leasePrefix } from '../../src/core/lease/lease-prefix.ts';
import { phaseOf, type StateName } from '../../src/core/lease/lease-state.ts';
import { memberOpens, type OpenRequest, orderOpen } from '../../src/core/lease/open-request.ts';
import type { Address } from '../../src/core/net/address.ts';
import { renderPrefix } from '../../src/core/net/prefix.ts';
import { type Instant, instant, type Millis, millis } from '../../src/core/net/time.ts';
import { CONFIG, DOORS, readDoors, SOURCES } from './lease-doors.ts';

const memberOf = (who: number): Proof => ({ kind: 'member', user: `gw${who % 2}`, fingerprint: 'MEMBER:1' });

type Command = 'running' | 'ended' | 'cut-off';

/** How long the lease would last from now on, at most: what the world remembers of one. */
type Row = { readonly lease: Lease; readonly length: Millis };

/** The disk, the firewall, the commands and the clock around a lease machine, with all that can go wrong in them. */
export class LeaseSimulation {
  readonly #limit: number;
  readonly #closesByItself: boolean;
  #machine: LeaseMachine;
  #now = instant(1000);
  #ids = 0;
  #doors: readonly DoorSpec[] = DOORS;
  readonly #banned = new Set<Address>();
  #isStopping = false;
  /** Effects until the daemon is killed. */
  #crashIn = Number.POSITIVE_INFINITY;
  /** Written in order, one after the other. */
  #toDisk: LeaseEffect[] = [];
  #toFirewall: LeaseEffect[] = [];
  #toCheck: LeaseId[] = [];
  readonly #disk = new Map<LeaseId, Row>();
  /** Until when the kernel lets a source in at a door. */
  readonly #kernel = new Map<
    string,
    { readonly until: Instant; readonly lease: LeaseId; readonly source: Address }
  >();
  readonly #commands = new Map<string, Command>();
  readonly #awaited = new Set<string>();
  readonly #closed = new Map<LeaseId, number>();
  readonly #opened = new Map<LeaseId, Lease>();
  /** The latest end that a lease has ever had. */
  readonly #latest = new Map<LeaseId, number>();
  readonly transitions = new Set<string>();

  constructor(limit: number, closesByItself: boolean) {
    this.#limit = limit;
    this.#closesByItself = closesByItself;
    this.#machine = new LeaseMachine(limit);
    this.#give({ kind: 'doors', doors: this.#doors });
  }

  get #leases(): Lease[] {
    return this.#machine.leases();
  }

  knock(door: number, source: number): void {
    this.#ask(door, source, (spec, from) => orderOpen(spec, from, spec.opening.cmdTimeout));
  }

  /** Another member of a fleet has it open. */
  member(door: number, source: number, who: number, rest: number): void {
    this.#ask(door, source, (spec, from) => memberOpens(spec, from, millis(rest), memberOf(who)));
  }

  /** The member's own lease has ended. Nobody else's hold goes with it, and nothing that only it held stays. */
  release(pick: number, who: number): void {
    const lease = this.#pick(pick);
    if (lease === undefined) return;
    const holder = memberOf(who);
    const isHolder = lease.holders?.some((one) => isSame(one, holder)) === true;
    const isAlone = isHolder && lease.holders?.length === 1 && lease.isShared !== true;
    const machine = this.#machine;
    this.#give({ kind: 'release', id: lease.id, holder });
    // A daemon that dies over it reads the record again.
    if (this.#machine !== machine) return;
    const state = this.#machine.entry(lease.id)?.state;
    if (state === undefined) return;
    if (isAlone) assert.ok(phaseOf(state) !== 'open' || 'ends' in state, `${lease.id} stays open`);
    else if (lease.state === 'open')
      assert.equal(phaseOf(state), 'open', `${lease.id} was held by others too`);
  }

  #ask(door: number, source: number, make: (spec: DoorSpec, from: Address) => OpenRequest): void {
    const spec = this.#doors[door % this.#doors.length] as DoorSpec;
    const from = SOURCES[source % SOURCES.length] as Address;
    const id = `lease ${this.#ids++}` as LeaseId;
    const openRequest = make(spec, from);
    const isBanned = this.#banned.has(from);
    this.#give({
      ...{ kind: 'open', openRequest, ticket: this.#ids, id, isBanned },
      ...{ hasRoom: true, closesByItself: this.#closesByItself },
    });
  }

  pass(ms: number): void {
    this.#now = instant(this.#now + ms);
    this.#give({ kind: 'time' });
  }

  close(pick: number): void {
    const lease = this.#pick(pick);
    if (lease !== undefined) this.#give({ kind: 'close', ids: [lease.id] });
  }

  extend(pick: number): void {
    const lease = this.#pick(pick);
    if (lease !== undefined) this.#give({ kind: 'extend', id: lease.id, length: millis(5000) });
  }

  connection(pick: number, lives: boolean): void {
    const lease = this.#pick(pick);
    if (lease?.opened?.hold === true) this.#give({ kind: 'connection', id: lease.id, lives });
  }

  ban(source: number, isBanned: boolean): void {
    const from = SOURCES[source % SOURCES.length] as Address;
    if (isBanned) this.#banned.add(from);
    else this.#banned.delete(from);
    this.#give({ kind: 'bans', isBanned: (one) => this.#banned.has(one) });
  }

  /** A reload: `ports` opens another port by now, or the first one again, and the doors for prefixes another length. */
  reload(port: number, prefix6: number): void {
    const text = CONFIG.replace('tcp/22', `tcp/${port}`).replaceAll('prefix6 = 64', `prefix6 = ${prefix6}`);
    this.#doors = readDoors(text);
    this.#give({ kind: 'doors', doors: this.#doors });
  }

  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#give({ kind: 'stop' });
  }

  crashIn(effects: number): void {
    this.#crashIn = Math.min(this.#crashIn, effects);
    if (effects === 0) this.#crash();
  }

  /** The disk does the next thing that it was asked for, or cannot. */
  disk(ok: boolean): void {
    const effect = this.#toDisk.shift();
    if (effect === undefined) return;
    if (effect.do === 'record') {
      const { id } = effect.lease;
      if (ok) this.#disk.set(id, effect);
      this.#give(ok ? { kind: 'recorded', id } : { kind: 'record-refused', id, why: 'the disk is full' });
    } else if (effect.do === 'move-end') {
      if (ok && this.#disk.has(effect.lease.id)) this.#disk.set(effect.lease.id, effect);
    } else if (effect.do === 'write-end') {
      const { id } = effect.lease;
      if (ok) this.#disk.delete(id);
      if (ok && effect.dropsClaims)
        for (const which of ['start', 'stop']) this.#commands.delete(`${id} ${which}`);
      this.#give({ kind: 'end-written', id });
    }
  }

  /** The firewall likewise. */
  firewall(ok: boolean): void {
    const effect = this.#toFirewall.shift();
    if (effect?.do === 'open-ports') {
      const { id } = effect.lease;
      if (ok) this.#letIn(effect.lease);
      this.#give(ok ? { kind: 'ports-open', id } : { kind: 'ports-refused', id, why: 'no such table' });
    } else if (effect?.do === 'extend-ports') {
      if (ok) this.#letIn(effect.lease);
    } else if (effect?.do === 'close-ports' || effect?.do === 'undo-ports') {
      const { id } = effect.lease;
      if (ok) this.#kernel.delete(keyOf(effect.lease));
      this.#give(ok ? { kind: 'ports-closed', id, cut: 0 } : { kind: 'close-refused', id });
    }
  }

  checkHold(lives: boolean): void {
    const id = this.#toCheck.shift();
    if (id !== undefined) this.#give({ kind: 'hold-checked', id, lives });
  }

  /** One of the commands that run ends, or is killed. */
  endCommand(pick: number, how: 'ok' | 'failed' | 'killed'): void {
    const running = [...this.#commands].filter(([, state]) => state === 'running').map(([key]) => key);
    const key = running[pick % Math.max(1, running.length)];
    if (key === undefined) return;
    const [, number, which] = key.split(' ');
    const id = `lease ${number}` as LeaseId;
    const isCutOff = how === 'killed';
    this.#commands.set(key, isCutOff && which === 'stop' ? 'cut-off' : 'ended');
    if (which === 'stop' && !isCutOff) this.#closed.set(id, (this.#closed.get(id) ?? 0) + 1);
    if (!this.#awaited.delete(key)) return;
    const failure = how === 'ok' ? {} : { failure: how };
    this.#give(
      which === 'stop' ? { kind: 'stopped', id, isCutOff, ...failure } : { kind: 'started', id, ...failure },
    );
  }

  /** Commands are killed again and again, as where memory is short. */
  killAll(): void {
    for (let round = 0; round < 6; round++) {
      this.endCommand(0, 'killed');
      this.pass(60_000);
    }
  }

  /** Everything goes well from now on, until nothing is left; what a disk could not write is seen to by another start. */
  settle(): void {
    for (let round = 0; round < 3; round++) {
      this.#crashIn = Number.POSITIVE_INFINITY;
      this.#isStopping = false;
      if (round > 0) this.#crash();
      for (let step = 0; step < 5000 && this.#hasWork(); step++) this.#work();
    }
    assert.deepEqual(this.#leases, [], 'every lease is over');
    assert.deepEqual([...this.#disk.keys()], [], 'nothing is left on the disk');
    for (const [key, { until }] of this.#kernel) assert.ok(until <= this.#now, `${key} is open`);
    for (const [id, lease] of this.#opened)
      if (lease.stop !== '') assert.equal(this.#closed.get(id) ?? 0, 1, `${id} was closed exactly once`);
  }

  /** All that was asked for is done, and goes well. */
  drain(): void {
    for (let step = 0; step < 1000 && this.#isBusy(); step++) {
      this.disk(true);
      this.firewall(true);
      this.checkHold(false);
      this.endCommand(0, 'ok');
    }
  }

  assertNothingOpenToBanned(): void {
    for (const lease of this.#leases)
      if (this.#banned.has(lease.source)) assert.notEqual(lease.state, 'open', `${lease.source} is banned`);
    // What a stop could not close goes with Bussa's rules.
    if (this.#isStopping) return;
    for (const [key, { until, source }] of this.#kernel)
      if (this.#banned.has(source)) assert.ok(until <= this.#now, `${key} is open, and banned`);
  }

  #hasWork(): boolean {
    return this.#isBusy() || this.#machine.size > 0;
  }

  #isBusy(): boolean {
    const runs = [...this.#commands.values()].includes('running');
    return runs || this.#toDisk.length + this.#toFirewall.length + this.#toCheck.length > 0;
  }

  #work(): void {
    if (this.#isBusy()) this.drain();
    else this.pass(1000 * 60);
  }

  #pick(pick: number): Lease | undefined {
    const leases = this.#leases;
    return leases[pick % Math.max(1, leases.length)];
  }

  #give(input: LeaseInput): void {
    const before = new Map([...this.#machine.entries()].map(({ lease, state }) => [lease.id, state.at]));
    const effects = this.#machine.apply(input, this.#now);
    this.#noteTransitions(before);
    const machine = this.#machine;
    const again: LeaseEffect[] = [];
    for (const effect of effects) {
      if (this.#crashIn-- <= 0) {
        this.#crash();
        return;
      }
      this.#perform(effect, again);
    }
    assert.equal(machine, this.#machine);
    this.#judge();
    for (const effect of again)
      if (effect.do === 'ask-again') {
        const { door, source } = effect.openRequest;
        this.knock(
          this.#doors.findIndex(({ name }) => name === door.name),
          SOURCES.indexOf(source),
        );
      }
  }

  #noteTransitions(before: ReadonlyMap<LeaseId, StateName>): void {
    for (const { lease, state } of this.#machine.entries()) {
      const from = before.get(lease.id) ?? 'new';
      if (from !== state.at) this.transitions.add(`${from} → ${state.at}`);
    }
    for (const [id, from] of before) if (!this.#machine.has(id)) this.transitions.add(`${from} → over`);
  }

  #perform(effect: LeaseEffect, again: LeaseEffect[]): void {
    switch (effect.do) {
      case 'record':
      case 'move-end':
      case 'write-end':
        this.#toDisk.push(effect);
        return;
      case 'open-ports':
        assert.ok(!this.#isStopping, 'nothing opens after the stop');
        this.#toFirewall.push(effect);
        return;
      case 'extend-ports':
      case 'close-ports':
      case 'undo-ports':
        this.#toFirewall.push(effect);
        return;
      case 'check-hold':
        this.#toCheck.push(effect.lease.id);
        return;
      case 'run-start':
        this.#runStart(effect.lease);
        return;
      case 'run-stop':
        this.#runStop(effect.lease);
        return;
      case 'await-command':
        this.#awaited.add(`${effect.lease.id} ${effect.which}`);
        return;
      case 'ask-again':
        again.push(effect);
        return;
      case 'idle':
        // The end of an orderly stop takes Bussa's rules away.
        this.#kernel.clear();
        return;
      default:
    }
  }

  #runStart(lease: Lease): void {
    assert.ok(!this.#isStopping, 'nothing opens after the stop');
    assert.ok(this.#disk.has(lease.id), 'it is recorded before its start command runs');
    const key = `${lease.id} start`;
    assert.notEqual(this.#commands.get(key), 'running', 'one start command at a time');
    this.#commands.set(key, 'running');
    this.#awaited.add(key);
    this.#opened.set(lease.id, lease);
  }

  #runStop(lease: Lease): void {
    const key = `${lease.id} stop`;
    assert.notEqual(this.#commands.get(`${lease.id} start`), 'running', 'no stop before its start has ended');
    assert.notEqual(this.#commands.get(key), 'running', 'one stop command at a time');
    assert.equal(this.#closed.get(lease.id) ?? 0, 0, 'it is closed once');
    this.#commands.set(key, 'running');
    this.#awaited.add(key);
  }

  #letIn(lease: Lease): void {
    assert.ok(this.#closesByItself || this.#disk.has(lease.id), 'it is recorded before its ports open');
    this.#kernel.set(keyOf(lease), { until: lease.due, lease: lease.id, source: lease.source });
  }

  #judge(): void {
    const open = new Map<string, number>();
    for (const { lease, state, isAdopted } of this.#machine.entries()) {
      this.#latest.set(lease.id, Math.max(this.#latest.get(lease.id) ?? 0, lease.due));
      assert.equal(lease.state, phaseOf(state));
      if (lease.state === 'closing' || isAdopted) continue;
      open.set(keyOf(lease), (open.get(keyOf(lease)) ?? 0) + 1);
    }
    for (const [key, count] of open) assert.equal(count, 1, `${key} has one open lease`);
    for (const [key, { until, lease }] of this.#kernel)
      assert.ok(until <= (this.#latest.get(lease) ?? 0), `${key} ends in the kernel no later than its time`);
    assert.ok(this.#machine.size <= this.#limit + this.#disk.size, 'no more leases than there may be');
  }

  /** `kill -9`, and the next start. Commands go on; what was not written is lost. */
  #crash(): void {
    this.#crashIn = Number.POSITIVE_INFINITY;
    this.#isStopping = false;
    this.#toDisk = [];
    this.#toFirewall = [];
    this.#toCheck = [];
    this.#awaited.clear();
    this.#machine = new LeaseMachine(this.#limit);
    this.#give({ kind: 'doors', doors: this.#doors });
    for (const row of [...this.#disk.values()]) this.#give(this.#adoption(row));
    this.#reinstall();
  }

  #adoption({ lease, length }: Row): AdoptInput {
    const isBanned = this.#banned.has(lease.source);
    return {
      kind: 'adopt',
      lease: this.#due(lease),
      length,
      fate: this.#fate(lease),
      isOfOtherBoot: false,
      isBanned,
    };
  }

  /** A stop command that was cut off is run again at once. */
  #due(lease: Lease): Lease {
    return this.#commands.get(`${lease.id} stop`) === 'cut-off' ? { ...lease, due: this.#now } : lease;
  }

  #fate({ id, stop }: Lease): AdoptInput['fate'] {
    if (stop === '') return { kind: 'open' };
    const stopped = this.#commands.get(`${id} stop`);
    if (stopped === 'ended') return { kind: 'over', how: 'expired' };
    if (stopped === 'running') return { kind: 'stopping' };
    const started = this.#commands.get(`${id} start`);
    if (started === undefined) return { kind: 'over', how: 'failed' };
    return { kind: started === 'running' ? 'starting' : 'open' };
  }

  /** The rules are put in place anew, with the leases that are open and no others. */
  #reinstall(): void {
    this.#kernel.clear();
    for (const lease of this.#leases)
      if (lease.opened !== undefined && lease.state !== 'closing') this.#letIn(lease);
  }
}

/** Whom it lets in, at which door. */
const keyOf = (lease: Lease): string => `${renderPrefix(leasePrefix(lease))} ${lease.door}`;
