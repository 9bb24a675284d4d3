import type { Completion } from '../../../core/attempt/completion.ts';
import type { HashKey } from '../../../core/attempt/keyed-hash.ts';
import { BanList } from '../../../core/ban/ban-list.ts';
import type { Door } from '../../../core/door/door.ts';
import type { PortOpening } from '../../../core/door/port-opening.ts';
import { LeaseMachine } from '../../../core/lease/lease-machine.ts';
import type { Address } from '../../../core/net/address.ts';
import type { Port } from '../../../core/net/port.ts';
import { ANY_FLAGS } from '../../../core/net/tcp-flags.ts';
import { seconds } from '../../../core/net/time.ts';
import { Topology } from '../../../core/net/topology.ts';
import { OwnAddresses } from '../../../core/origin/own-addresses.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { CommandRunner } from '../../../host/process/command-runner.ts';
import { MemoryLeaseStore } from '../../../host/store/memory-lease-store.ts';
import { Claims } from '../../state/claims.ts';
import type { FirewallDoors } from '../firewall/firewall-doors.ts';
import { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { OpenResult } from '../leases/lease-keeper-parts.ts';
import { drawSecret } from '../packets/draw-secret.ts';
import type { HeardInterfaces } from '../packets/packet-origin.ts';
import type { Reports } from '../reporting/reports.ts';
import { makeSilentReports } from '../reporting/silent-reports.ts';

/** The checks between a proof and its door. */
export type Admit = (completion: Completion, whyNot?: string) => Promise<OpenResult>;

/** RFC 5737: nobody has these addresses, and nothing is ever sent to them. */
export const HOST = '192.0.2.1' as Address;
export const sourceOf = (round: number): Address => `192.0.2.${round + 2}` as Address;

/** No section of a file can have this name, so the firewall has no set for it. */
const NAME = '\n';
const PORTS: readonly [PortOpening, ...PortOpening[]] = [
  { protocol: 'tcp', first: 1 as Port, last: 1 as Port, path: 'input' },
];
const MAX_LEASES = 64;
const MAX_BANS = 64;

/** A simple door: three knocks or one signed knock open a port for a minute. */
export const DOOR: Door = {
  name: NAME,
  sequence: [
    { protocol: 'udp', port: 1 as Port },
    { protocol: 'udp', port: 2 as Port },
    { protocol: 'udp', port: 3 as Port },
  ],
  sequenceSource: { kind: 'none' },
  accept: ['sequence', 'key'],
  seqTimeout: seconds(5),
  flags: ANY_FLAGS,
  opening: { kind: 'command', ports: PORTS, commands: { 4: {}, 6: {} }, cmdTimeout: seconds(60) },
};

/**
 * Everything that a test opening needs, in memory. No line reaches the log, no lease the database, no visible counter
 * changes, and the kernel rejects the firewall change before looking at it. It ends with this process, at any moment.
 */
export class RehearsalDaemon {
  readonly clock: Clock;
  readonly secret: HashKey = drawSecret();
  readonly bans = new BanList(MAX_BANS, this.secret);
  readonly store = new MemoryLeaseStore();
  readonly reports: Reports;
  readonly keeper: LeaseKeeper;
  readonly interfaces: HeardInterfaces = {
    addresses: new OwnAddresses([HOST]),
    topology: new Topology([]),
    hears: () => true,
  };

  constructor(clock: Clock, native: FirewallDoors) {
    this.clock = clock;
    this.reports = makeSilentReports(() => clock.wall());
    const { report } = this.reports;
    this.keeper = new LeaseKeeper({
      ...{ clock, report, store: this.store },
      machine: new LeaseMachine(MAX_LEASES),
      claims: new Claims('', 'absent'),
      runner: new CommandRunner(undefined),
      native: {
        closesByItself: true,
        open: (lease) => native.rehearsal.rehearse(lease),
        close: async () => undefined,
        renew: async () => true,
      },
      isBanned: () => false,
      mayHold: () => true,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.keeper.leave();
    await this.reports.close();
  }
}
