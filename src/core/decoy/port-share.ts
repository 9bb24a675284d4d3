/**
 * A quarter of all ports, unpredictable without the two numbers: those with `(port × multiplier + offset) & SHARE_MASK
 * = 0`. The kernel's filter computes that in three instructions.
 */
export type PortShare = { readonly multiplier: number; readonly offset: number };

/** The two highest of 16 bits: one port in four has neither of them set. */
export const SHARE_MASK = 0xc000;

/**
 * The longest gap between ports of the share. Most multipliers stay within it; those near a simple fraction of 65,536
 * leave gaps of thousands.
 */
export const MAX_SHARE_GAP = 16;

const PORTS = 65_536;
/** Values of the share, from 0. */
const IN_SHARE = PORTS / 4;
const CANDIDATES = 256;
/**
 * 65,536 divided by the golden ratio, the multiplier with the shortest gaps (Knuth, The Art of Computer Programming,
 * 6.4).
 */
const GOLDEN = 40_503;

/** A share that is not secret. */
export const EXAMPLE_SHARE: PortShare = { multiplier: GOLDEN, offset: 0 };

export function isInShare({ multiplier, offset }: PortShare, port: number): boolean {
  return ((port * multiplier + offset) & SHARE_MASK) === 0;
}

/** The share for two secret 32-bit words. */
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

/**
 * Ports outside the share between two in it, at most; `MAX_SHARE_GAP + 1` stands for anything longer. From a port with the
 * value x, the next k ports have x + k × multiplier. So the first of them to come back into the share does so for the x
 * below one bound or from another one on, and a gap is over when both bounds meet. Ports count in a circle.
 */
export function longestGap({ multiplier }: PortShare): number {
  let below = 0;
  let from = IN_SHARE;
  for (let gap = 0; gap <= MAX_SHARE_GAP; gap++) {
    const step = ((gap + 1) * multiplier) & (PORTS - 1);
    if (step < IN_SHARE) below = Math.max(below, IN_SHARE - step);
    else from = Math.min(from, PORTS - step);
    if (below >= from) return gap;
  }
  return MAX_SHARE_GAP + 1;
}
