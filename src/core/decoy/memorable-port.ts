/**
 * What the number of a port that people can remember is a multiple of: 7000, 2500; 7777. A short list of guesses is
 * made of them, and comes by no neighbour of a knock port. The kernel's filter divides as well.
 */
export const MEMORABLE_DIVISORS = [100, 1111] as const;

export const isMemorable = (port: number): boolean =>
  MEMORABLE_DIVISORS.some((divisor) => port % divisor === 0);
