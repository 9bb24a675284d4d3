const BARS = '▁▂▃▄▅▆▇█';

/** The last `width` values as bars, the highest one line high. Places without a value are blank. */
export function renderSparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const highest = Math.max(1, ...shown);
  const bars = shown.map((value) => {
    // The lowest bar is only for zero: a small value must not look like none.
    const level = value <= 0 ? 0 : 1 + Math.floor((value / highest) * (BARS.length - 2));
    return BARS[level] ?? '';
  });
  return bars.join('').padStart(width);
}
