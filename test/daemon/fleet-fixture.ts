import { randomBytes } from 'node:crypto';
import type { FleetIdentity } from '../../src/app/config/fleet-identity.ts';
import type { Member } from '../../src/core/fleet/member.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { type MemberKey, memberKeyOf } from '../../src/host/crypto/member-key.ts';
import { Scratch } from '../lab/child-module.ts';
import { PATIENCE_MS } from '../lab/program.ts';
import { config, FleetHostFixture } from './fleet-host-fixture.ts';
import { HandClock } from './keeper-fixture.ts';
import { MemoryEngine } from './memory-engine.ts';

export const source = (n: number): Address =>
  parseAddress(`198.51.${Math.floor(n / 250)}.${(n % 250) + 1}`) as Address;

const DOORS = `
[ssh]
  sequence = 7000
  open = tcp/22
  open_for = 60
  fleet = share, accept
[web]
  sequence = 7001
  open = tcp/80
  open_for = 600
  fleet = share, accept
[local]
  sequence = 7002
  open = tcp/81
`;

/** Hosts that know each other, one clock for all unless they are given others, and one engine. */
export class FleetFixture implements Disposable {
  readonly scratch = new Scratch();
  readonly clock = new HandClock();
  readonly engine = new MemoryEngine(this.clock);
  readonly hosts: readonly FleetHostFixture[];
  readonly keys: readonly MemberKey[];

  constructor(
    count: number,
    {
      doors = [],
      rights = () => ({}),
      clocks = [],
    }: {
      readonly doors?: readonly (string | undefined)[];
      readonly rights?: (name: string, by: string) => Partial<Member>;
      readonly clocks?: readonly (HandClock | undefined)[];
    } = {},
  ) {
    const names = Array.from({ length: count }, (_, n) => `gw${n + 1}`);
    this.keys = names.map(() => memberKeyOf(randomBytes(32)));
    const secret = randomBytes(32);
    this.hosts = names.map((name, n) => {
      const self = this.#member(name, n);
      const others = names.flatMap((other, at) =>
        at === n ? [] : [{ ...this.#member(other, at), ...rights(other, name) }],
      );
      const key = this.keys[n] as MemberKey;
      const text = doors[n] ?? DOORS;
      const { fleet: settings } = config(name, text).settings;
      if (settings === undefined) throw new Error('no fleet');
      const members = new Map(others.map((member) => [member.name, member]));
      const identity: FleetIdentity = { settings, fleet: 'main', secret, key, self, members };
      return new FleetHostFixture(name, clocks[n] ?? this.clock, this.scratch, key, identity, text);
    });
  }

  host(n: number): FleetHostFixture {
    return this.hosts[n] as FleetHostFixture;
  }

  /** All carriers, until nobody has anything to tell. */
  async carry(): Promise<void> {
    for (let round = 0; round < 3; round++) for (const host of this.hosts) await host.carry(this.engine);
  }

  advance(ms: number): void {
    for (const clock of new Set(this.hosts.map((host) => host.clock)).add(this.clock)) clock.advance(ms);
  }

  /** What is due has ended: each keeper looks at the clock once a second. */
  async settled(): Promise<void> {
    const isDue = ({ keeper, clock }: FleetHostFixture): boolean =>
      keeper.leases().some(({ due }) => due <= clock.boot);
    const deadline = performance.now() + PATIENCE_MS;
    do {
      if (performance.now() > deadline) throw new Error('a lease does not end at its time');
      for (const host of this.hosts) await host.settle();
      await new Promise((resolve) => setTimeout(resolve, 2));
    } while (this.hosts.some(isDue));
    for (const host of this.hosts) await host.settle();
  }

  [Symbol.dispose](): void {
    for (const host of this.hosts) host.stop();
    this.scratch[Symbol.dispose]();
  }

  #member(name: string, n: number): Member {
    const { point } = this.keys[n] as MemberKey;
    return { name, key: { kind: 'ed25519', point }, doors: 'all', bans: true, line: n + 1 };
  }
}

/** What the host has warned of. */
export const told = (host: FleetHostFixture): readonly string[] =>
  host.events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));
