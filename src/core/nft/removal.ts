import { OWN_TABLE, renderTable } from './table.ts';

/** What stands of Bussa's in one table of somebody else's. */
export type AttachedObjects = {
  /** `inet filter` */
  readonly home: string;
  readonly chains: readonly string[];
  readonly sets: readonly string[];
  /** Rules in the owner's chains that jump to one of these, by the kernel's own numbers. */
  readonly jumps: readonly { readonly chain: string; readonly handle: number }[];
};

/** What stands of Bussa's in the kernel, whoever put it there: an earlier process, or one with other settings. */
export type Traces = { readonly ownTable: boolean; readonly guests: readonly AttachedObjects[] };

/** Commands of nft(8), one a line, that take all of it away and nothing else. */
export function renderRemoval({ ownTable, guests }: Traces): string[] {
  return [...(ownTable ? [`delete table ${renderTable(OWN_TABLE)}`] : []), ...guests.flatMap(removeGuest)];
}

/** Whatever points to a thing goes before it. */
function removeGuest({ home, chains, sets, jumps }: AttachedObjects): string[] {
  return [
    ...jumps.map(({ chain, handle }) => `delete rule ${home} ${chain} handle ${handle}`),
    ...chains.map((chain) => `flush chain ${home} ${chain}`),
    ...chains.map((chain) => `delete chain ${home} ${chain}`),
    ...sets.map((set) => `delete set ${home} ${set}`),
  ];
}
