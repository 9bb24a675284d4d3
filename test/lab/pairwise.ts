/** By the name of each factor, its values. */
export type Factors = Readonly<Record<string, readonly [string, ...(readonly string[])]>>;

/** A value of each factor. */
export type Row<F extends Factors> = { readonly [Name in keyof F]: F[Name][number] };

/** Rows drawn for each row that is taken: the one with most pairs that are new. */
const DRAWS = 12;

/**
 * Rows in which any two values of two factors meet at least once: most faults are of one value or of two that meet, and all
 * pairs fit into few rows. Rows that `canBe` refuses are not made; a pair of which every drawn row is refused is left out.
 */
export function pairwise<F extends Factors>(
  factors: F,
  random: () => number,
  canBe: (row: Row<F>) => boolean = () => true,
): Row<F>[] {
  const missing = allPairs(factors);
  const rows: Row<F>[] = [];
  for (const pair of missing) {
    const drawn = Array.from({ length: DRAWS }, () => drawRow(factors, JSON.parse(pair), random));
    const [best] = drawn
      .filter(canBe)
      .map((row) => ({ row, fresh: pairsOf(row).filter((one) => missing.has(one)) }))
      .sort((one, other) => other.fresh.length - one.fresh.length);
    missing.delete(pair);
    if (best === undefined) continue;
    for (const one of best.fresh) missing.delete(one);
    rows.push(best.row);
  }
  return rows;
}

type Pair = readonly (readonly [factor: string, value: string])[];

/** As texts, by which they are found. */
function allPairs(factors: Factors): Set<string> {
  const entries = Object.entries(factors);
  return new Set(
    entries.flatMap(([one, values], at) =>
      entries.slice(at + 1).flatMap(([other, others]) =>
        values.flatMap((a) =>
          others.map((b) =>
            JSON.stringify([
              [one, a],
              [other, b],
            ] satisfies Pair),
          ),
        ),
      ),
    ),
  );
}

function pairsOf(row: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(row);
  return entries.flatMap((one, at) => entries.slice(at + 1).map((other) => JSON.stringify([one, other])));
}

function drawRow<F extends Factors>(factors: F, pair: Pair, random: () => number): Row<F> {
  const fixed = new Map(pair);
  const drawn = Object.entries(factors).map(([name, values]) => [
    name,
    fixed.get(name) ?? values[Math.floor(random() * values.length)],
  ]);
  return Object.fromEntries(drawn) as Row<F>;
}
