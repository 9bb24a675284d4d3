import { LINES } from './lines.ts';
import { CONTENDERS, type Contender, type Samples } from './samples.ts';

/** A ratio that has grown by so much is said to be worse. */
const WORSE = 1.25;
/** A ratio is kept as the median of so many pairs at least. */
export const ROUNDS = 5;

/** Ratios by name, each the smaller, the better. */
export type Ratios = Readonly<Record<string, number>>;

/** Medians by figure and contender; those of another quantile under `figureName`. */
export type Figures = Readonly<Record<string, Partial<Record<Contender, number>>>>;

export type Machine = {
  readonly cpu: string;
  readonly cpus: number;
  readonly kernel: string;
  readonly arch: string;
  readonly node: string;
  /** The load average of one minute when the run began. */
  readonly loadBefore: number;
};

/** What bench/baseline.json keeps of one run; the chart and the README's tables are drawn from it. */
export type Baseline = {
  readonly machine: Machine;
  /** The fewest pairs that a ratio is the median of. */
  readonly rounds: number;
  /** A sentence for the README on what is particular about this run. */
  readonly remark?: string;
  readonly ratios: Ratios;
  readonly figures: Figures;
};

export function baselineOf(samples: Samples, machine: Machine): Baseline {
  const [ratios, figures] = [ratiosOf(samples), figuresOf(samples)];
  return { machine, rounds: fewestRounds(samples), ratios, figures };
}

/** Says which ratios have grown by more than a quarter; the first line says how many were compared. */
export function compareRatios(before: Ratios, now: Ratios): string[] {
  const known = Object.entries(now).filter(([name]) => before[name] !== undefined);
  const worse = known.filter(([name, ratio]) => ratio > (before[name] ?? 0) * WORSE);
  return [
    `baseline: ${known.length} ratios compared, ${worse.length} worse by more than a quarter`,
    ...worse.map(([name, ratio]) => `  WORSE  ${name}: ${said(ratio)}, was ${said(before[name] ?? 0)}`),
  ];
}

/** Under which a baseline's figures keep a value: `open.native`, `open.native p99`. */
export function figureName(figure: string, quantile = 0.5): string {
  return quantile === 0.5 ? figure : `${figure} p${Math.round(quantile * 100)}`;
}

/** A quick run has fewer rounds, as has one on a machine with other work. */
function fewestRounds(samples: Samples): number {
  const figures = LINES.filter(({ beside, isRatio }) => beside !== undefined || isRatio);
  return Math.min(...figures.map(({ figure }) => samples.of(figure, 'Bussa').length));
}

function ratiosOf(samples: Samples): Ratios {
  const pairs = LINES.filter(({ quantile }) => quantile === undefined).flatMap(({ figure, beside = [] }) =>
    beside.map((other) => [`${figure} Bussa : ${other}`, samples.ratio(figure, 'Bussa', other)] as const),
  );
  const own = LINES.filter(({ isRatio }) => isRatio).map(
    ({ figure }) => [figure, samples.quantile(figure, 'Bussa', 0.5)] as const,
  );
  return finite([...pairs, ...own]);
}

function figuresOf(samples: Samples): Figures {
  return Object.fromEntries(
    LINES.map(({ figure, quantile }) => [
      figureName(figure, quantile),
      finite(CONTENDERS.map((name) => [name, samples.quantile(figure, name, quantile ?? 0.5)])),
    ]),
  );
}

function finite(values: readonly (readonly [string, number])[]): Record<string, number> {
  const measured = values.filter(([, value]) => Number.isFinite(value));
  return Object.fromEntries(measured.map(([name, value]) => [name, Number(value.toPrecision(4))]));
}

function said(ratio: number): string {
  return ratio.toPrecision(3);
}
