import type { GuestTrace, Traces } from '../../../core/nft/removal.ts';
import { isGuestChain, isGuestSet, OWN_TABLE, renderTable } from '../../../core/nft/table.ts';
import type { Nftables } from '../../ffi/libnftables.ts';
import { jumpTarget, type Listed, listObjects, listTables } from '../ruleset/nft-listing.ts';

/** Everything of Bussa's in this network namespace, found by name. */
export function findTraces(nft: Nftables): Traces {
  const tables = listTables(nft);
  const guests = new Set<string>();
  for (const { chain } of listObjects(nft, 'chains')) {
    if (chain !== undefined && isGuestChain(chain.name)) guests.add(`${chain.family} ${chain.table}`);
  }
  for (const { set } of listObjects(nft, 'sets')) {
    if (set !== undefined && isGuestSet(set.name)) guests.add(`${set.family} ${set.table}`);
  }
  return {
    ownTable: tables.has(renderTable(OWN_TABLE)),
    guests: [...guests].map((home) => guestTrace(home, listObjects(nft, `table ${home}`))),
  };
}

function guestTrace(home: string, listed: readonly Listed[]): GuestTrace {
  const ours = listed.filter(isGuests);
  return {
    home,
    chains: ours.flatMap(({ chain }) => (chain === undefined ? [] : [chain.name])),
    sets: ours.flatMap(({ set }) => (set === undefined ? [] : [set.name])),
    jumps: ours.flatMap(({ rule }) => (rule === undefined || isGuestChain(rule.chain) ? [] : [rule])),
  };
}

/** In somebody else's table: whether it is Bussa's. */
export function isGuests({ chain, set, rule }: Listed): boolean {
  if (chain !== undefined) return isGuestChain(chain.name);
  if (set !== undefined) return isGuestSet(set.name);
  return rule !== undefined && (isGuestChain(rule.chain) || isGuestChain(jumpTarget(rule) ?? ''));
}

/**
 * What stands of Bussa's in these tables, and in its own if there is one, but for the elements of sets; '' if a table is
 * gone. With the kernel's numbers: what somebody has saved and loaded again looks the same, with leases that are over.
 */
export function renderStanding(nft: Nftables, homes: readonly string[]): string {
  const tables = listTables(nft);
  if (!homes.every((home) => tables.has(home))) return '';
  const own = renderTable(OWN_TABLE);
  return [...new Set([...homes, ...(tables.has(own) ? [own] : [])])]
    .flatMap((home) => {
      const listed = listObjects(nft, `table ${home}`);
      return home === own ? listed : listed.filter((one) => one.table !== undefined || isGuests(one));
    })
    .map((object) => JSON.stringify(object, (key, value) => (VOLATILE.has(key) ? undefined : value)))
    .join('\n');
}

const VOLATILE: ReadonlySet<string> = new Set(['metainfo', 'elem']);
