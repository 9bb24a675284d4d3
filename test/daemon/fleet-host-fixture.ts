import { ConfigInForce } from '../../src/app/config/config-in-force.ts';
import type { FleetIdentity } from '../../src/app/config/fleet-identity.ts';
import { BanKeeper } from '../../src/app/daemon/bans/ban-keeper.ts';
import { Fleet } from '../../src/app/daemon/fleet/fleet.ts';
import { LeaseKeeper } from '../../src/app/daemon/leases/lease-keeper.ts';
import type { LeasePortsFirewall } from '../../src/app/daemon/leases/lease-openings.ts';
import type { SpreadCoordinator } from '../../src/app/daemon/spread/spread-coordinator.ts';
import { Claims } from '../../src/app/state/claims.ts';
import type { Completion } from '../../src/core/attempt/completion.ts';
import { ScanGuard } from '../../src/core/attempt/scan-guard.ts';
import { BanList, MAX_BANS } from '../../src/core/ban/ban-list.ts';
import type { Config } from '../../src/core/config/file/config.ts';
import { parseConfig } from '../../src/core/config/file/parse-config.ts';
import type { FleetDelivery, StreamId } from '../../src/core/control/fleet-link.ts';
import type { DoorSpec } from '../../src/core/door/door.ts';
import type { Event } from '../../src/core/event/event.ts';
import { isOwn } from '../../src/core/lease/holders.ts';
import { type Lease, MAX_LEASES } from '../../src/core/lease/lease.ts';
import { LeaseMachine } from '../../src/core/lease/lease-machine.ts';
import { orderOpen } from '../../src/core/lease/open-request.ts';
import type { Address } from '../../src/core/net/address.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import type { MemberKey } from '../../src/host/crypto/member-key.ts';
import { CommandRunner } from '../../src/host/process/command-runner.ts';
import type { LeaseStore } from '../../src/host/store/lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import type { Scratch } from '../lab/child-module.ts';
import type { HandClock } from './keeper-fixture.ts';
import type { MemoryEngine } from './memory-engine.ts';

/** The configuration of the host of that name. */
export const config = (name: string, doors: string): Config => {
  const text = `[fleet]\nengine = unix:///run/engine\nname = ${name}\n${doors}`;
  const result = parseConfig(name, Buffer.from(text));
  if (result.kind === 'bad') throw new Error(JSON.stringify(result.diagnostics));
  return result.config;
};

/** A host of the fleet: a real keeper, database and ban list; a firewall that is a set. */
export class FleetHostFixture {
  readonly name: string;
  readonly clock: HandClock;
  readonly events: Event[] = [];
  readonly key: MemberKey;
  keeper: LeaseKeeper;
  bans: BanKeeper;
  fleet: Fleet;
  readonly open = new Set<string>();
  readonly #scratch: Scratch;
  readonly #inForce: ConfigInForce;
  /** The last entry that has been delivered. */
  #last: StreamId | undefined;
  #isCarried = false;
  #isCut = false;
  readonly #resources: (() => void)[] = [];

  constructor(
    name: string,
    clock: HandClock,
    scratch: Scratch,
    key: MemberKey,
    identity: FleetIdentity,
    doors: string,
  ) {
    this.name = name;
    this.clock = clock;
    this.key = key;
    this.#scratch = scratch;
    this.#inForce = new ConfigInForce(config(name, doors), undefined, identity);
    [this.keeper, this.bans, this.fleet] = this.#start();
  }

  /** What somebody who came to this very host has open, and for how long. */
  get own(): ReadonlyMap<string, number> {
    const own = this.keeper.leases().filter((lease) => lease.state === 'open' && isOwn(lease));
    return new Map(own.map(({ door, source: from, due }) => [`${door} ${from}`, due - this.clock.boot]));
  }

  get leases(): readonly string[] {
    return this.keeper
      .leases()
      .filter(({ state }) => state === 'open')
      .map(({ door, source: from }) => `${door} ${from}`)
      .sort();
  }

  lease(door: string, from: Address): Lease | undefined {
    return this.keeper.book.current(door, from);
  }

  left(door: string, from: Address): number {
    const lease = this.lease(door, from);
    return lease === undefined ? 0 : lease.due - this.clock.boot;
  }

  spec(name: string): DoorSpec {
    const spec = this.#inForce.current.doors.find((one) => one.name === name);
    if (spec === undefined) throw new Error(`no door ${name}`);
    return spec;
  }

  async knock(door: string, from: Address): Promise<void> {
    await this.keeper.requestOpen({ door: this.spec(door), source: from, at: instant(0) } as Completion);
  }

  async order(door: string, from: Address): Promise<void> {
    await this.keeper.requestOpen(orderOpen(this.spec(door), from, millis(30_000), 'root'));
  }

  async close(door: string, from: Address): Promise<void> {
    const lease = this.lease(door, from);
    if (lease !== undefined) await Promise.all(this.keeper.close([lease], 'root'));
  }

  /** Carries bytes between this daemon and the engine until nothing is left to carry. */
  async carry(engine: MemoryEngine, { keeps = true } = {}): Promise<void> {
    if (!this.#isCarried) {
      this.#isCarried = true;
      void this.#follow(engine, () => keeps);
      await this.#call('fleet-state', { connected: true });
      await this.#deliver([...engine.bans.values()].map((bytes) => ({ bytes })));
    }
    await this.settle();
    if (this.#isCut) return;
    // As the carrier does: if the engine has lost the last entry, everything that it has is read again.
    let next = Math.max(engine.stream.findIndex(({ id }) => id === this.#last) + 1, engine.first);
    while (next < engine.stream.length) {
      const some = engine.stream.slice(next, next + 256);
      next += some.length;
      this.#last = some.at(-1)?.id;
      await this.#deliver(
        some.map(({ id, at, bytes }) => ({ id, age: millis(Math.max(0, engine.now - at)), bytes })),
      );
    }
    await this.settle();
  }

  /** Delivers what somebody who holds the engine makes up. */
  inject(bytes: Uint8Array, age = 0): Promise<{ readonly applied: number; readonly refused: number }> {
    const id = `${this.clock.day}-999` as StreamId;
    return this.#deliver([{ id, age: millis(age), bytes }]);
  }

  /** The same, as if it were in the hash of bans. */
  injectStored(bytes: Uint8Array): Promise<{ readonly applied: number; readonly refused: number }> {
    return this.#deliver([{ bytes }]);
  }

  /** How much it remembers of what members have told. */
  get remembered(): number {
    return this.#store?.fleet().length ?? 0;
  }

  /** The members file does not have it any more. */
  drop(member: string): void {
    const members = new Map([...this.#identity.members].filter(([name]) => name !== member));
    const identity = { ...this.#identity, members };
    this.#inForce.replace(this.#inForce.current, undefined, identity);
    this.fleet.follow(identity);
    this.keeper.closeRevoked();
  }

  /** The carrier has lost the engine. */
  async cut(): Promise<void> {
    this.#isCut = true;
    await this.#call('fleet-state', { connected: false, why: 'it does not answer' });
  }

  async heal(): Promise<void> {
    this.#isCut = false;
    await this.#call('fleet-state', { connected: true });
  }

  /** Dies, without an orderly stop, and starts again: a carrier reads again from the id that the daemon names. */
  restart(): void {
    this.fleet.close();
    this.keeper.leave();
    for (const end of this.#resources.splice(0)) end();
    this.#isCarried = false;
    this.#isCut = false;
    [this.keeper, this.bans, this.fleet] = this.#start();
    this.keeper.adopt(this.#inForce.current.doors);
    this.#last = this.#after;
  }

  /** An orderly stop: all leases end here, and their rows with them. */
  async restartInOrder(): Promise<void> {
    this.fleet.close();
    await this.keeper.stop();
    this.restart();
  }

  stop(): void {
    this.fleet.close();
    this.keeper.leave();
    for (const end of this.#resources.splice(0)) end();
  }

  /** A few turns of the loop: the journal writes, the link's stream goes on. */
  async settle(): Promise<void> {
    for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  #after: StreamId | undefined;
  #store: LeaseStore | undefined;

  #start(): [LeaseKeeper, BanKeeper, Fleet] {
    const { clock } = this;
    const report = (event: Event): void => {
      this.events.push(event);
    };
    const store = openSqliteLeaseStore(this.#scratch.file(`${this.name}.db`));
    this.#store = store;
    this.#resources.push(() => store.close());
    const bans = new BanKeeper({
      bans: new BanList(MAX_BANS, [1, 2]),
      guard: new ScanGuard(64, [1, 2]),
      ...{ clock, report, directory: undefined },
    });
    const native: LeasePortsFirewall = {
      closesByItself: true,
      open: async ({ door, source: from }) => void this.open.add(`${door} ${from}`),
      close: async ({ door, source: from }) => {
        this.open.delete(`${door} ${from}`);
      },
      renew: async () => true,
    };
    const keeper = new LeaseKeeper({
      machine: new LeaseMachine(MAX_LEASES),
      claims: new Claims(this.#scratch.file(`${this.name}-claims`)),
      runner: new CommandRunner(this.#scratch.path),
      ...{ store, clock, report, native },
      isBanned: (from) => bans.isBanned(from),
      mayHold: ({ kind, user }) =>
        kind !== 'member' || this.#identity.members.has(user) || user === this.name,
    });
    bans.onBan(() => keeper.closeBanned());
    const spread = { join: () => undefined } as unknown as SpreadCoordinator;
    const inForce = this.#inForce;
    const fleet = new Fleet({ inForce, keeper, bans, spread, store, clock, report }, this.#identity);
    return [keeper, bans, fleet];
  }

  get #identity(): FleetIdentity {
    const { fleet } = this.#inForce;
    if (fleet === undefined) throw new Error('no fleet');
    return fleet;
  }

  async #follow(engine: MemoryEngine, keeps: () => boolean): Promise<void> {
    for await (const part of this.fleet.verbs['fleet-follow']({})) {
      if (part.kind === 'begin') this.#after = part.after;
      if (part.kind === 'record') {
        const id = engine.add(part.bytes);
        if (keeps()) await this.#call('fleet-published', { seq: part.seq, id });
      } else if (part.kind === 'ban') {
        if (part.bytes !== undefined) engine.bans.set(part.field, part.bytes);
        if (keeps()) await this.#call('fleet-published', { seq: part.seq });
      } else if (part.kind === 'claim') {
        const outcome = engine.claims.has(part.key) ? 'taken' : 'granted';
        engine.claims.add(part.key);
        await this.#call('fleet-claimed', { id: part.id, outcome });
      }
    }
  }

  async #deliver(records: readonly FleetDelivery[]) {
    return this.fleet.verbs['fleet-deliver']({ records }, () => ({}));
  }

  async #call<V extends 'fleet-state' | 'fleet-published' | 'fleet-claimed'>(
    verb: V,
    fields: Parameters<Fleet['verbs'][V]>[0],
  ): Promise<void> {
    const answer = this.fleet.verbs[verb] as (given: typeof fields, asker: () => object) => unknown;
    await answer(fields, () => ({}));
  }
}
