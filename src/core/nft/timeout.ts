import type { Millis } from '../net/time.ts';

/** In milliseconds, longest first, as nft(8) expects them. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** nft(8) refuses long numbers, and the kernel counts nanoseconds in 64 bits: 273 years satisfy both. */
export const MAX_TIMEOUT = (99_999 * 86_400_000) as Millis;

/** `1h30s`, a duration as nft(8) writes it; at least 1 ms, because 0 would mean for ever. */
export function renderTimeout(length: Millis): string {
  let rest = Math.min(MAX_TIMEOUT, Math.max(1, Math.ceil(length)));
  let text = '';
  for (const [unit, millis] of UNITS) {
    const count = Math.floor(rest / millis);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * millis;
  }
  return text;
}
