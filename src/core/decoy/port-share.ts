/**
 * A quarter of all ports, known to nobody who does not know the two numbers: those with
 * `(port × multiplier + offset) & SHARE_MASK = 0`. The kernel's filter can work that out in three instructions.
 */
export type PortShare = { readonly multiplier: number; readonly offset: number };

/** The two highest of 16 bits: one port in four has none of them set. */
export const SHARE_MASK = 0xc000;

/**
 * The longest run of ports without one of the share. Most multipliers keep to it; those near a simple fraction of
 * 65,536 leave out thousands in a row.
 */
export const MAX_SHARE_GAP = 16;

const PORTS = 65_536;
const CANDIDATES = 256;
/** 65,536 by the golden ratio, the multiplier of the shortest runs (Knuth, The Art of Computer Programming, 6.4). */
const GOLDEN = 40_503;

/** One that is no secret. */
export const EXAMPLE_SHARE: PortShare = { multiplier: GOLDEN, offset: 0 };

export function isInShare({ multiplier, offset }: PortShare, port: number): boolean {
  return ((port * multiplier + offset) & SHARE_MASK) === 0;
}

/** The share that belongs to two secret 32-bit words. */
export function drawShare(secret: readonly [number, number]): PortShare {
  const offset = (secret[0] >>> 3) & 0xffff;
  let candidate = secret[1];
  for (let i = 0; i < CANDIDATES; i++) {
    const share = { multiplier: ((candidate >>> 15) & 0xffff) | 1, offset };
    if (longestGap(share) <= MAX_SHARE_GAP) return share;
    // Numerical Recipes' generator: the candidates only have to differ.
    candidate = (Math.imul(candidate, 1_664_525) + 1_013_904_223) | 0;
  }
  return { multiplier: GOLDEN, offset };
}

export function longestGap(share: PortShare): number {
  let longest = 0;
  let gap = 0;
  for (let port = 0; port < PORTS; port++) {
    if (isInShare(share, port)) gap = 0;
    else if (++gap > longest) longest = gap;
    if (longest > MAX_SHARE_GAP) break;
  }
  return longest;
}
