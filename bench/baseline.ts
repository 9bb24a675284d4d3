import { readFileSync, writeFileSync } from 'node:fs';
import { LINES } from './lines.ts';
import type { Samples } from './samples.ts';

const BASELINE = new URL('baseline.json', import.meta.url);
/** A ratio that has grown by so much is said to be worse. */
const WORSE = 1.25;

/** Ratios by name, each the smaller, the better. */
export type Ratios = Readonly<Record<string, number>>;

/** As lines for the terminal; the first one says how many ratios were compared. */
export function compareWithBaseline(samples: Samples): string[] {
  return compareRatios(readBaseline(), ratiosOf(samples));
}

/** Says which ratios have grown by more than a quarter. */
export function compareRatios(before: Ratios, now: Ratios): string[] {
  const known = Object.entries(now).filter(([name]) => before[name] !== undefined);
  const worse = known.filter(([name, ratio]) => ratio > (before[name] ?? 0) * WORSE);
  return [
    `baseline: ${known.length} ratios compared, ${worse.length} worse by more than a quarter`,
    ...worse.map(([name, ratio]) => `  WORSE  ${name}: ${said(ratio)}, was ${said(before[name] ?? 0)}`),
  ];
}

export function updateBaseline(samples: Samples): void {
  const ratios = { ...readBaseline(), ...ratiosOf(samples) };
  writeFileSync(BASELINE, `${JSON.stringify(ratios, undefined, 2)}\n`);
}

function ratiosOf(samples: Samples): Ratios {
  const pairs = LINES.flatMap(({ figure, beside = [] }) =>
    beside.map((other) => [`${figure} Bussa : ${other}`, samples.ratio(figure, 'Bussa', other)] as const),
  );
  const own = LINES.filter(({ isRatio }) => isRatio).map(
    ({ figure }) => [figure, samples.quantile(figure, 'Bussa', 0.5)] as const,
  );
  const measured = [...pairs, ...own].filter(([, ratio]) => Number.isFinite(ratio));
  return Object.fromEntries(measured.map(([name, ratio]) => [name, Number(ratio.toPrecision(4))]));
}

function readBaseline(): Ratios {
  try {
    return JSON.parse(readFileSync(BASELINE, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

function said(ratio: number): string {
  return ratio.toPrecision(3);
}
