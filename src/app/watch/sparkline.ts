const BARS = '▁▂▃▄▅▆▇█';

/** The last `width` values as bars, the highest as high as a line; older places that have no value are blank. */
export function renderSparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const highest = Math.max(1, ...shown);
  const bars = shown.map((value) => {
    // Nothing has the lowest bar to itself: a little must not look like none.
    const level = value <= 0 ? 0 : 1 + Math.floor((value / highest) * (BARS.length - 2));
    return BARS[level] ?? '';
  });
  return bars.join('').padStart(width);
}
