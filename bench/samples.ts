/** Those that are compared. `kernel` is three nftables sets and no program at all. */
export const CONTENDERS = ['Bussa', 'knockd', 'fwknopd', 'tcpdump', 'kernel'] as const;
export type Contender = (typeof CONTENDERS)[number];

/** What has been measured: of each figure and contender the values in the order of their rounds. */
export type Recorded = Record<string, Partial<Record<Contender, readonly number[]>>>;

/** The values of one run. Two contenders' values of one round make a pair: they were measured one after the other. */
export class Samples {
  readonly #values = new Map<string, Map<Contender, number[]>>();

  /** `value` is NaN where there was nothing to measure, so that the rounds stay in step. */
  add(figure: string, contender: Contender, value: number): void {
    const row = this.#values.get(figure) ?? new Map<Contender, number[]>();
    this.#values.set(figure, row);
    row.set(contender, [...(row.get(contender) ?? []), value]);
  }

  of(figure: string, contender: Contender): readonly number[] {
    return this.#values.get(figure)?.get(contender) ?? [];
  }

  /** The value below which `share` of them lie; NaN if there are none. */
  quantile(figure: string, contender: Contender, share: number): number {
    return quantile(this.of(figure, contender), share);
  }

  /** The median of the pairs' ratios. */
  ratio(figure: string, over: Contender, under: Contender): number {
    const below = this.of(figure, under);
    const pairs = this.of(figure, over).map((value, i) => value / (below[i] ?? Number.NaN));
    return quantile(pairs, 0.5);
  }

  record(): Recorded {
    return Object.fromEntries([...this.#values].map(([figure, row]) => [figure, Object.fromEntries(row)]));
  }

  /** Takes over what an earlier run has recorded of figures that this one has not measured. */
  adopt(recorded: Recorded): void {
    for (const [figure, row] of Object.entries(recorded)) {
      if (this.#values.has(figure)) continue;
      for (const contender of CONTENDERS) {
        // JSON has no NaN, and writes null.
        for (const value of row[contender] ?? []) this.add(figure, contender, value ?? Number.NaN);
      }
    }
  }
}

export function quantile(values: readonly number[], share: number): number {
  const ascending = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}
