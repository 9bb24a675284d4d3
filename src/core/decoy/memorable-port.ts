/**
 * Memorable port numbers are multiples of these: 7000, 2500; 7777. Short lists of guesses contain such ports, but no
 * neighbours of a knock port. The kernel's filter can divide.
 */
export const MEMORABLE_DIVISORS = [100, 1111] as const;

export const isMemorable = (port: number): boolean =>
  MEMORABLE_DIVISORS.some((divisor) => port % divisor === 0);
