import { SystemCallError } from '../../ffi/system-call-error.ts';
import { NetlinkSocket } from '../../netlink/netlink-socket.ts';
import { GET_GENERATION, readGenerationId } from './read-generation.ts';

/** linux/netlink.h. */
const NETLINK_NETFILTER = 12;

/** struct nfgenmsg: family u8, version u8, resource u16. */
const ANY_FAMILY = new Uint8Array(4);

/** The ruleset's present generation. Every transaction of any program changes it. Throws a `SystemCallError`. */
export function readGeneration(socket: NetlinkSocket): number {
  const answer = socket.ask(GET_GENERATION, ANY_FAMILY);
  const id = typeof answer === 'number' ? undefined : readGenerationId(answer);
  if (id !== undefined) return id;
  throw new SystemCallError('ask for', 'the generation of nftables', typeof answer === 'number' ? answer : 0);
}

/**
 * The generation of this namespace's nftables ruleset: while it is the same, no table, chain, rule or set has changed.
 * `undefined`: it cannot be read. One question to the kernel, about 50 µs.
 */
export function readRuleGeneration(): number | undefined {
  try {
    const socket = new NetlinkSocket(NETLINK_NETFILTER, 'the netfilter netlink socket');
    try {
      return readGeneration(socket);
    } finally {
      socket.close();
    }
  } catch (error) {
    // A kernel without nf_tables, or no free descriptor.
    if (error instanceof SystemCallError) return undefined;
    throw error;
  }
}
