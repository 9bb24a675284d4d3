import { OWN_TABLE, renderTable } from './table.ts';

/** Bussa's objects in a foreign table. */
export type AttachedObjects = {
  /** `inet filter` */
  readonly tableName: string;
  readonly chains: readonly string[];
  readonly sets: readonly string[];
  /** Rules in the owner's chains that jump to these chains, by handle. */
  readonly jumps: readonly { readonly chain: string; readonly handle: number }[];
};

/** All of Bussa's objects in the kernel, whoever created them: an earlier process, or one with other settings. */
export type OwnObjects = { readonly ownTable: boolean; readonly attached: readonly AttachedObjects[] };

/** nft(8) commands, one per line, that remove all of it and nothing else. */
export function renderRemoval({ ownTable, attached }: OwnObjects): string[] {
  return [
    ...(ownTable ? [`delete table ${renderTable(OWN_TABLE)}`] : []),
    ...attached.flatMap(removeAttached),
  ];
}

/** References are removed before what they refer to. */
function removeAttached({ tableName, chains, sets, jumps }: AttachedObjects): string[] {
  return [
    ...jumps.map(({ chain, handle }) => `delete rule ${tableName} ${chain} handle ${handle}`),
    ...chains.map((chain) => `flush chain ${tableName} ${chain}`),
    ...chains.map((chain) => `delete chain ${tableName} ${chain}`),
    ...sets.map((set) => `delete set ${tableName} ${set}`),
  ];
}
