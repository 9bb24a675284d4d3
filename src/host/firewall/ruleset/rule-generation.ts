import { SystemCallError } from '../../ffi/system-call-error.ts';
import { type NetlinkSocket, openFilterSocket } from '../../netlink/netlink-socket.ts';
import { GET_GENERATION, readGenerationId } from './read-generation.ts';

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
    using socket = openFilterSocket();
    return readGeneration(socket);
  } catch (error) {
    // A kernel without nf_tables, or no free descriptor.
    if (error instanceof SystemCallError) return undefined;
    throw error;
  }
}
