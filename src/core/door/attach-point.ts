/** A foreign nftables chain that must honour the doors: `inet filter input`. */
export type AttachPoint = {
  readonly family: 'inet' | 'ip' | 'ip6';
  readonly table: string;
  readonly chain: string;
};

/** nft(8): an identifier is a letter, then letters, digits, `/`, `\`, `_` and `.`; nft also accepts `-`. */
const IDENTIFIER = /^[A-Za-z][A-Za-z0-9/_.-]{0,127}$/;

/** `family table chain`, as nft(8) writes it; `undefined` for anything else. */
export function parseAttachPoint(text: string): AttachPoint | undefined {
  const [family, table, chain, ...rest] = text.trim().split(/[ \t]+/);
  if (table === undefined || chain === undefined || rest.length > 0) return undefined;
  if (family !== 'inet' && family !== 'ip' && family !== 'ip6') return undefined;
  return IDENTIFIER.test(table) && IDENTIFIER.test(chain) ? { family, table, chain } : undefined;
}

export function renderAttachPoint({ family, table, chain }: AttachPoint): string {
  return `${family} ${table} ${chain}`;
}
