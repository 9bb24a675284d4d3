import { BLOCK, CODE_FLAGS } from '../door/code-ports.ts';
import type { CodeDoor, Door } from '../door/door.ts';
import { MAX_PORT } from '../net/port.ts';
import { PROTOCOL_NUMBER } from '../net/protocol.ts';
import { meetsFlagRule, TCP_FLAG, TCP_FLAGS_MASK } from '../net/tcp-flags.ts';
import { isMemorable } from './memorable-port.ts';
import { isInShare, type PortShare } from './port-share.ts';

/** First and last port, both included. */
export type Span = { readonly first: number; readonly last: number };

/** What is known about the host's ports. */
export type HostPorts = {
  /** Ports with a service, TCP or UDP: legitimate packets may go there, so they must not be decoy ports. */
  readonly served: readonly Span[];
  /** The local ports of the host's own outgoing connections. */
  readonly ephemeral: Span;
  /** Former knock ports: knocking there is a mistake, not a scan. */
  readonly former?: readonly number[];
};

/**
 * The range of the secret share and the memorable ports. Below it are services that programs try by themselves (a mail
 * client 143, Windows 137 and 445); above it NodePorts, traceroute, and the local ports of connections, including
 * masqueraded ones.
 */
export const SHARE_SPAN: Span = { first: 1024, last: 29_999 };

/** How many ports on each side of a knock port are decoy ports. Beside a well-known port only the adjacent ones are. */
export const NEAR = 32;
const NEAR_WELL_KNOWN = 1;
const WELL_KNOWN_END = 1024;

const PORTS = MAX_PORT + 1;
/** `opening`: also in the share, but only for packets that cannot be answers. */
const DECOY = { near: 1, share: 2, opening: 4 } as const;

/** RFC 9293 section 3.10.7: every answer to a packet of this host's own connections has one of these flags. */
export const ANSWERING = TCP_FLAG.ack | TCP_FLAG.rst;

/**
 * Ports that only somebody who does not know the knock ports touches: the neighbours of the knock ports and, among
 * unused ports, a secret share and the memorable ones. Exactly the packets that can be knocks can touch a decoy port.
 * Among the local ports of the host's own connections, packets that may be answers (UDP, and TCP with ACK or RST) touch
 * no decoy port of the share. BOUNDED: 64 KiB.
 */
export class DecoyPorts {
  readonly share: PortShare;
  /** Whether the share counts for the protocol: a scan by a protocol that no door uses opens none. */
  readonly tcp: boolean;
  readonly udp: boolean;
  /** The parts of the share for all packets. */
  readonly shareSpans: readonly Span[];
  /** The parts among the local ports of the host's own connections. */
  readonly openingSpans: readonly Span[];
  /** Ports that are never decoy ports, ascending. */
  readonly exempt: readonly number[];
  readonly #kinds = new Uint8Array(PORTS);
  /** Indexed by the six flags: whether a door accepts such a packet. */
  readonly #flags: Uint8Array;

  constructor(doors: readonly Door[], host: HostPorts, share: PortShare, codes: readonly CodeDoor[] = []) {
    this.share = share;
    const steps = doors.flatMap((door) => door.sequence);
    // A code can be knocked by either protocol.
    this.tcp = codes.length > 0 || steps.some(({ protocol }) => protocol === 'tcp');
    this.udp = codes.length > 0 || steps.some(({ protocol }) => protocol === 'udp');
    this.#flags = takenFlags(doors, codes);
    this.shareSpans = without(SHARE_SPAN, host.ephemeral);
    this.openingSpans = within(SHARE_SPAN, host.ephemeral);
    for (const span of this.shareSpans) this.#addShare(span, DECOY.share);
    for (const span of this.openingSpans) this.#addShare(span, DECOY.opening);
    for (const { port } of steps) this.#addNear(port);
    this.exempt = exemptPorts(doors, host);
    for (const port of this.exempt) this.#kinds[port] = 0;
    for (const port of host.former ?? []) this.#kinds[port] = 0;
    for (const { codePorts } of codes)
      for (const prefix of codePorts) this.#kinds.fill(0, prefix * BLOCK, (prefix + 1) * BLOCK);
    // Knocking with the wrong protocol is a user's mistake.
    for (const { port } of steps) this.#kinds[port] = 0;
  }

  /** Whether the port is a decoy port for packets of this protocol and with these flags. */
  touchedBy(protocol: number, port: number, flags: number): boolean {
    const kinds = this.#kinds[port] as number;
    if (kinds === 0) return false;
    const isAlways = (kinds & (DECOY.near | DECOY.share)) !== 0;
    if (protocol === PROTOCOL_NUMBER.udp) return this.udp && isAlways;
    if (this.#flags[flags & TCP_FLAGS_MASK] === 0) return false;
    return isAlways || (flags & ANSWERING) === 0;
  }

  /** Whether it is a decoy port for any destination, such as the target of a door. */
  isNear(port: number): boolean {
    return ((this.#kinds[port] as number) & DECOY.near) !== 0;
  }

  #addShare({ first, last }: Span, kind: number): void {
    for (let port = first; port <= last; port++)
      if (isMemorable(port) || isInShare(this.share, port)) this.#kinds[port] = kind;
  }

  #addNear(port: number): void {
    for (const near of portsNear(port)) this.#kinds[near] = (this.#kinds[near] as number) | DECOY.near;
  }
}

/** A port and its neighbours. */
export function portsNear(port: number): number[] {
  const near: number[] = [];
  const last = Math.min(MAX_PORT, port + NEAR);
  for (let other = Math.max(1, port - NEAR); other <= last; other++) {
    if (other >= WELL_KNOWN_END || Math.abs(other - port) <= NEAR_WELL_KNOWN) near.push(other);
  }
  return near;
}

function takenFlags(doors: readonly Door[], codes: readonly CodeDoor[] = []): Uint8Array {
  const taken = new Uint8Array(TCP_FLAGS_MASK + 1);
  if (codes.length > 0)
    for (let flags = 0; flags <= TCP_FLAGS_MASK; flags++)
      if (meetsFlagRule(CODE_FLAGS, flags)) taken[flags] = 1;
  for (const { flags: rule, sequence } of doors) {
    if (!sequence.some(({ protocol }) => protocol === 'tcp')) continue;
    for (let flags = 0; flags <= TCP_FLAGS_MASK; flags++) if (meetsFlagRule(rule, flags)) taken[flags] = 1;
  }
  return taken;
}

/** Ports that doors open are in use too, by users who have knocked. */
function exemptPorts(doors: readonly Door[], { served }: HostPorts): number[] {
  const spans: readonly Span[] = [...served, ...doors.flatMap(({ opening }) => opening.ports ?? [])];
  const exempt = new Set<number>();
  for (const { first, last } of spans) for (let port = first; port <= last; port++) exempt.add(port);
  return [...exempt].sort((a, b) => a - b);
}

/**
 * Whether a scan for these doors' knocks may touch only neighbours, because most of the share lies among the local
 * ports of the host's own connections and such packets may be answers.
 */
export function isShareBlind(doors: readonly Door[], ephemeral: Span): boolean {
  const width = ({ first, last }: Span): number => last - first + 1;
  const inside = within(SHARE_SPAN, ephemeral).reduce((sum, span) => sum + width(span), 0);
  if (inside <= width(SHARE_SPAN) / 2) return false;
  if (doors.some(({ sequence }) => sequence.some(({ protocol }) => protocol === 'udp'))) return true;
  return takenFlags(doors).some((taken, flags) => taken !== 0 && (flags & ANSWERING) !== 0);
}

/** The warning about it, without a remedy for a single door. */
export const BLIND_SHARE =
  "net.ipv4.ip_local_port_range covers the scan guard's random decoy ports: a scan by UDP, or with ACK or RST, is noticed only beside the knock ports";

function within(span: Span, other: Span): Span[] {
  const common = { first: Math.max(span.first, other.first), last: Math.min(span.last, other.last) };
  return common.first <= common.last ? [common] : [];
}

function without(span: Span, hole: Span): Span[] {
  const below = { first: span.first, last: Math.min(span.last, hole.first - 1) };
  const above = { first: Math.max(span.first, hole.last + 1), last: span.last };
  return hole.first > hole.last ? [span] : [below, above].filter(({ first, last }) => first <= last);
}
