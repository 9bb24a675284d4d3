export type PortRange = { readonly first: number; readonly last: number };

/** The fewest ranges that contain `ports`, ascending. Beyond `limit`, the narrowest gaps are filled. */
export function mergePorts(ports: readonly number[], limit: number): PortRange[] {
  const sorted = [...new Set(ports)].sort((a, b) => a - b);
  const gaps = sorted
    .slice(1)
    .map((port, i) => ({ after: i, width: port - (sorted[i] as number) }))
    .filter((gap) => gap.width > 1)
    .sort((a, b) => b.width - a.width)
    .slice(0, Math.max(0, limit - 1))
    .sort((a, b) => a.after - b.after);
  const ranges: PortRange[] = [];
  let from = 0;
  for (const end of [...gaps.map((gap) => gap.after), sorted.length - 1]) {
    const first = sorted[from];
    const last = sorted[end];
    if (first !== undefined && last !== undefined) ranges.push({ first, last });
    from = end + 1;
  }
  return ranges;
}
