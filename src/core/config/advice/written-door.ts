import type { Door, DoorSpec } from '../../door/door.ts';
import type { Protocol } from '../../net/protocol.ts';
import type { DirectiveName } from '../file/directives.ts';
import type { Entry, Section } from '../file/read-sections.ts';

/** What the host has to say to a configuration. */
export type HostFacts = {
  /** Whether a socket waits for anybody at the port. */
  readonly serves: (protocol: Protocol, port: number) => boolean;
  /** Whether there is such a program, by its path or in the PATH. */
  readonly hasProgram: (name: string) => boolean;
  /** Whether it has an IPv6 address that others can reach. */
  readonly hasIpv6: boolean;
  /** What keeps the scan guard from noticing scans for this door, if anything does. */
  readonly blindShare: (door: Door) => string | undefined;
  /** The local ports of its own connections; `undefined` where they cannot be told. */
  readonly localPorts?: { readonly first: number; readonly last: number };
  /** Its interfaces; `undefined` where they cannot be told. */
  readonly interfaces: readonly string[] | undefined;
  /** Whether the directory of the file is there. */
  readonly hasDirectoryOf: (path: string) => boolean;
  /** Whether the kernel ends leases in iptables. */
  readonly endsLeases: () => boolean;
  /** Names of those in the users file; `undefined` where it cannot be told. */
  readonly users?: readonly string[];
  /** The rule of the chain that lets nothing pass to those behind it, as far as that may be read. */
  readonly barrierIn: (tool: string, chain: string) => string | undefined;
};

/** A door with the text that it comes from. */
export type WrittenDoor = {
  readonly section: Section;
  readonly spec: DoorSpec;
  /** Absent where no sequence is left in its file. */
  readonly door?: Door;
};

/** The entry that counts: the last one. */
export function lastEntry({ entries }: Section, ...names: readonly DirectiveName[]): Entry | undefined {
  return entries.findLast(({ directive }) => names.includes(directive.name));
}
