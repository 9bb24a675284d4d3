// Progress of long work, on standard error: each step by its name, then the seconds that it took.

export async function step<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const begun = performance.now();
  process.stderr.write(`bussa: ${what} … `);
  const result = await work();
  process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
  return result;
}
