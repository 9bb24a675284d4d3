import { type CreatedPart, chainMarkerName, filterTableOf } from '../../../core/iptables/chain-markers.ts';
import type { Family } from '../../../core/net/address.ts';
import { LibnftablesError, openNftables } from '../../ffi/libnftables.ts';
import { SystemCallError } from '../../ffi/system-call-error.ts';
import { openFilterSocket } from '../../netlink/netlink-socket.ts';
import { FirewallError } from '../contract/firewall.ts';
import { type Listed, listObjects, listTables } from '../ruleset/nft-listing.ts';
import { readGeneration } from '../ruleset/rule-generation.ts';
import { renderChainRemoval } from './nft-removal-messages.ts';

/** asm-generic/errno.h. */
const ENOENT = 2;
const EBUSY = 16;
const ERESTART = 85;

/** Other programs may change the rules between listing and changing. */
const TRIES = 5;

/**
 * What iptables-nft would create in a family's `filter` table when rules are added. Empty if nftables cannot be listed.
 */
export function missingBaseChains(family: Family): CreatedPart[] {
  return withListing(family, [], (listed) => {
    if (listed === undefined) return ['TABLE', 'INPUT', 'FORWARD', 'OUTPUT'];
    const chains = new Set(listed.map(({ chain }) => chain?.name));
    return (['INPUT', 'FORWARD', 'OUTPUT'] as const).filter((name) => !chains.has(name));
  });
}

/**
 * Removes what was created for Bussa's rules, and the chains that mark it, in one transaction: base chains that are
 * empty and accept, and the table if nothing else is in it. Returns whether it could be examined.
 */
export function removeMade(family: Family, made: readonly CreatedPart[]): boolean {
  using socket = openFilterSocket('the tables of iptables');
  try {
    for (let tries = 1; ; tries++) {
      const generation = readGeneration(socket);
      const doomed = withListing(family, undefined, (listed) => chooseDoomed(listed ?? [], made));
      if (doomed === undefined) return false;
      if (doomed.chains.length === 0 && !doomed.table) return true;
      const errno = socket.transact((sequence) => renderChainRemoval(family, doomed, generation, sequence));
      if (errno === 0) return true;
      const isChanged = errno === ERESTART || errno === EBUSY || errno === ENOENT;
      if (!isChanged || tries === TRIES)
        throw new SystemCallError('remove', `table ${filterTableOf(family)}`, errno);
    }
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    throw new FirewallError(`${error.message}: empty chains that were created for Bussa are still there`, {
      cause: error,
    });
  }
}

function chooseDoomed(
  listed: readonly Listed[],
  made: readonly CreatedPart[],
): { readonly chains: readonly string[]; readonly table: boolean } {
  const used = new Set(listed.map(({ rule }) => rule?.chain));
  const markers = new Set(made.map(chainMarkerName));
  const chains = listed.flatMap(({ chain }) => {
    if (chain === undefined || used.has(chain.name)) return [];
    if (markers.has(chain.name)) return [chain.name];
    const isMade = (made as readonly string[]).includes(chain.name);
    return isMade && chain.hook !== undefined && chain.policy === 'accept' ? [chain.name] : [];
  });
  const doomed = new Set(chains);
  const isLeft = (one: Listed): boolean =>
    !('metainfo' in one) &&
    one.table === undefined &&
    !(one.chain !== undefined && doomed.has(one.chain.name));
  const table = made.includes('TABLE') && listed.length > 0 && !listed.some(isLeft);
  return { chains, table };
}

/** The listing is `undefined` if there is no such table. Returns `without` if nftables cannot be listed. */
function withListing<Result>(
  family: Family,
  without: Result,
  act: (listed: readonly Listed[] | undefined) => Result,
): Result {
  try {
    const nft = openNftables();
    try {
      const tableName = filterTableOf(family);
      return act(listTables(nft).has(tableName) ? listObjects(nft, `table ${tableName}`) : undefined);
    } finally {
      nft.close();
    }
  } catch (error) {
    if (error instanceof LibnftablesError) return without;
    throw error;
  }
}
