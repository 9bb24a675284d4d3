/** Milliseconds on a clock that nobody can set. `performance.now` is the same, and takes Node.js 1 ms to load. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
