import type { AttachedObjects, OwnObjects } from '../../../core/nft/removal.ts';
import { isAttachedChain, isAttachedSet, OWN_TABLE, renderTable } from '../../../core/nft/table.ts';
import type { Nftables } from '../../ffi/libnftables.ts';
import { jumpTarget, type Listed, listObjects, listTables } from '../ruleset/nft-listing.ts';

/** Everything of Bussa's in this network namespace, found by name. */
export function findOwnObjects(nft: Nftables): OwnObjects {
  const tables = listTables(nft);
  const attached = new Set<string>();
  for (const { chain } of listObjects(nft, 'chains')) {
    if (chain !== undefined && isAttachedChain(chain.name)) attached.add(`${chain.family} ${chain.table}`);
  }
  for (const { set } of listObjects(nft, 'sets')) {
    if (set !== undefined && isAttachedSet(set.name)) attached.add(`${set.family} ${set.table}`);
  }
  return {
    ownTable: tables.has(renderTable(OWN_TABLE)),
    attached: [...attached].map((tableName) =>
      attachedObjects(tableName, listObjects(nft, `table ${tableName}`)),
    ),
  };
}

function attachedObjects(tableName: string, listed: readonly Listed[]): AttachedObjects {
  const ours = listed.filter(isAttachedObject);
  return {
    tableName,
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
export function renderInstalled(nft: Nftables, tableNames: readonly string[]): string {
  const tables = listTables(nft);
  if (!tableNames.every((tableName) => tables.has(tableName))) return '';
  const own = renderTable(OWN_TABLE);
  return [...new Set([...tableNames, ...(tables.has(own) ? [own] : [])])]
    .flatMap((tableName) => {
      const listed = listObjects(nft, `table ${tableName}`);
      return tableName === own
        ? listed
        : listed.filter((one) => one.table !== undefined || isAttachedObject(one));
    })
    .map((object) => JSON.stringify(object, (key, value) => (VOLATILE.has(key) ? undefined : value)))
    .join('\n');
}

const VOLATILE: ReadonlySet<string> = new Set(['metainfo', 'elem']);
