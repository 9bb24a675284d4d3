/**
 * How often a long test repeats itself: `quick` times in `npm test`, `full` times with BUSSA_EFFORT=full, before a release.
 * The variable that a test names goes before both.
 */
export function repeats(
  variable: string,
  { quick, full }: { readonly quick: number; readonly full: number },
): number {
  const own = process.env[variable];
  if (own !== undefined) return Number(own);
  return process.env.BUSSA_EFFORT === 'full' ? full : quick;
}
