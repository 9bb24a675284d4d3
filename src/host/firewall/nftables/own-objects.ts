import type { AttachedObjects, Traces } from '../../../core/nft/removal.ts';
import { isAttachedChain, isAttachedSet, OWN_TABLE, renderTable } from '../../../core/nft/table.ts';
import type { Nftables } from '../../ffi/libnftables.ts';
import { jumpTarget, type Listed, listObjects, listTables } from '../ruleset/nft-listing.ts';

/** Everything of Bussa's in this network namespace, found by name. */
export function findTraces(nft: Nftables): Traces {
  const tables = listTables(nft);
  const guests = new Set<string>();
  for (const { chain } of listObjects(nft, 'chains')) {
    if (chain !== undefined && isAttachedChain(chain.name)) guests.add(`${chain.family} ${chain.table}`);
  }
  for (const { set } of listObjects(nft, 'sets')) {
    if (set !== undefined && isAttachedSet(set.name)) guests.add(`${set.family} ${set.table}`);
  }
  return {
    ownTable: tables.has(renderTable(OWN_TABLE)),
    guests: [...guests].map((home) => attachedObjects(home, listObjects(nft, `table ${home}`))),
  };
}

function attachedObjects(home: string, listed: readonly Listed[]): AttachedObjects {
  const ours = listed.filter(isAttachedObject);
  return {
    home,
    chains: ours.flatMap(({ chain }) => (chain === undefined ? [] : [chain.name])),
    sets: ours.flatMap(({ set }) => (set === undefined ? [] : [set.name])),
    jumps: ours.flatMap(({ rule }) => (rule === undefined || isAttachedChain(rule.chain) ? [] : [rule])),
  };
}

/** Whether an object in a foreign table is Bussa's. */
export function isAttachedObject({ chain, set, rule }: Listed): boolean {
  if (chain !== undefined) return isAttachedChain(chain.name);
  if (set !== undefined) return isAttachedSet(set.name);
  return rule !== undefined && (isAttachedChain(rule.chain) || isAttachedChain(jumpTarget(rule) ?? ''));
}

/**
 * Everything of Bussa's in these tables and in its own, without set elements; '' if a table is gone. It includes the
 * kernel's handles, because saved and reloaded rules look the same but have outdated leases.
 */
export function renderStanding(nft: Nftables, homes: readonly string[]): string {
  const tables = listTables(nft);
  if (!homes.every((home) => tables.has(home))) return '';
  const own = renderTable(OWN_TABLE);
  return [...new Set([...homes, ...(tables.has(own) ? [own] : [])])]
    .flatMap((home) => {
      const listed = listObjects(nft, `table ${home}`);
      return home === own ? listed : listed.filter((one) => one.table !== undefined || isAttachedObject(one));
    })
    .map((object) => JSON.stringify(object, (key, value) => (VOLATILE.has(key) ? undefined : value)))
    .join('\n');
}

const VOLATILE: ReadonlySet<string> = new Set(['metainfo', 'elem']);
