import type { Door, DoorSpec } from '../../door/door.ts';
import type { Protocol } from '../../net/protocol.ts';
import type { DirectiveName } from '../file/directives.ts';
import type { Entry, Section } from '../file/read-sections.ts';

/** What the host tells about a configuration. */
export type HostFacts = {
  /** Whether a socket listens on the port. */
  readonly serves: (protocol: Protocol, port: number) => boolean;
  /** Whether there is such a program, by its path or in the PATH. */
  readonly hasProgram: (name: string) => boolean;
  /** Whether it has an IPv6 address that others can reach. */
  readonly hasIpv6: boolean;
  /** Why the scan guard cannot notice scans for this door, if so. */
  readonly blindShare: (door: Door) => string | undefined;
  /** The local ports of its own connections; `undefined`: unknown. */
  readonly localPorts?: { readonly first: number; readonly last: number };
  /** Its interfaces; `undefined`: unknown. */
  readonly interfaces: readonly string[] | undefined;
  /** Whether the directory of the file exists. */
  readonly hasDirectoryOf: (path: string) => boolean;
  /** Whether the kernel ends leases in iptables. */
  readonly endsLeases: () => boolean;
  /** Names in the users file; `undefined`: unknown. */
  readonly users?: readonly string[];
  /** The rule of the chain that lets no packet pass to the rules after it, if it can be read. */
  readonly blockingRuleIn: (tool: string, chain: string) => string | undefined;
};

/** A door with its source text. */
export type WrittenDoor = {
  readonly section: Section;
  readonly spec: DoorSpec;
  /** Absent if its file has no sequence left. */
  readonly door?: Door;
};

/** The entry that counts: the last one. */
export function lastEntry({ entries }: Section, ...names: readonly DirectiveName[]): Entry | undefined {
  return entries.findLast(({ directive }) => names.includes(directive.name));
}
