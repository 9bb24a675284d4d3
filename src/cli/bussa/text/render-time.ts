const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** The two largest units, in whole seconds: `2d 3h`, `9m 59s`, `0s`. */
export function renderLength(milliseconds: number): string {
  let left = Math.max(0, Math.round(milliseconds / 1000));
  const parts: string[] = [];
  for (const [unit, length] of UNITS) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0 || parts.length > 0) parts.push(`${count}${unit}`);
  }
  const shown = parts.slice(0, 2).filter((part) => !part.startsWith('0'));
  return shown.length === 0 ? '0s' : shown.join(' ');
}

/** For JSON: ISO 8601, UTC. */
export const isoMoment = (moment: number): string => new Date(moment).toISOString();

/** For JSON: seconds, to the millisecond. */
export const inSeconds = (milliseconds: number): number => Math.round(milliseconds) / 1000;
