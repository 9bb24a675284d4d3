import type { Figures } from './baseline.ts';
import { RATES } from './measure-noise.ts';
import { FLOOD_RATES, HONEST } from './measure-signed.ts';
import { CONTENDERS, type Contender } from './samples.ts';

/** Bars on a logarithmic scale: each decade is as long as every other. */
type Panel = {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly name: string; readonly contender: Contender; readonly value: number }[];
};

const COLOURS: Record<Contender, string> = {
  Bussa: '#0a7d55',
  knockd: '#b4532a',
  fwknopd: '#8a6d1f',
  tcpdump: '#5b6b7d',
  kernel: '#3a63a8',
};

const WIDTH = 760;
const LABEL = 190;
const SPAN = 430;
const ROW = 20;
const TITLE = 34;

/** The main figures as an SVG file; shorter bars are better. */
export function renderChart(figures: Figures): string {
  const median = (figure: string, contender: Contender): number => figures[figure]?.[contender] ?? Number.NaN;
  const panel = (title: string, unit: string, figure: string): Panel => ({
    title,
    unit,
    bars: CONTENDERS.map((contender) => ({ name: contender, contender, value: median(figure, contender) })),
  });
  const shut = (contender: Contender, rate: string): number =>
    10 - 10 * median(`noise.honest.${rate}`, contender);
  const panels = [
    ...RATES.map((rate) =>
      panel(
        `CPU per noise packet, ${rate === 'full speed' ? rate : `${rate.toLocaleString('en')}/s`}, µs`,
        'µs',
        `noise.cpu.${rate}`,
      ),
    ),
    panel('Last packet of a knock to the rule in place, ms (Bussa: firewall door)', 'ms', 'open.native'),
    panel('A signed knock, or fwknop’s packet, to the rule in place, ms', 'ms', 'open.signed'),
    panel('Start to the first packet captured, ms (Bussa: firewall doors)', 'ms', 'start.native'),
  ]
    .map((each) => ({ ...each, bars: each.bars.filter(({ value }) => Number.isFinite(value)) }))
    .filter(({ bars }) => bars.length > 0);
  const knocks = CONTENDERS.filter((contender) => Number.isFinite(shut(contender, 'full speed')));
  return drawChart(panels, [
    ...honestPackets(figures),
    [
      'Honest knocks opened of 10',
      ...RATES.map((rate) => (typeof rate === 'number' ? `${rate / 1000}k/s` : rate)),
    ],
    ...knocks.map((name) => [name, ...RATES.map((rate) => (10 - shut(name, `${rate}`)).toFixed(0))]),
  ]);
}

/** Of signed knocks and fwknop's packets, where they have been measured. */
function honestPackets(figures: Figures): readonly (readonly string[])[] {
  const of = (contender: Contender): readonly string[] =>
    FLOOD_RATES.map((rate) => figures[`signed.flood.opened.${rate}`]?.[contender]?.toFixed(0) ?? '');
  const rows = (['Bussa', 'fwknopd'] as const).map((name) => [name, ...of(name)]);
  if (rows.every(([, ...cells]) => cells.every((cell) => cell === ''))) return [];
  const rates = FLOOD_RATES.map((rate) => (typeof rate === 'number' ? `${rate / 1000}k/s` : rate));
  return [[`Single packets opened of ${HONEST}`, ...rates], ...rows];
}

function drawChart(panels: readonly Panel[], table: readonly (readonly string[])[]): string {
  let y = 8;
  const parts: string[] = [];
  for (const [i, row] of table.entries()) {
    y += i === 0 ? TITLE - 10 : ROW;
    const cells = row.map((cell, column) =>
      text(column === 0 ? 12 : LABEL + 60 + (column - 1) * 110, y, cell, i === 0 ? 'title' : 'value'),
    );
    parts.push(...cells);
  }
  for (const panel of panels) {
    y += TITLE;
    parts.push(text(12, y, panel.title, 'title'));
    y += 8;
    const low = Math.min(...panel.bars.map(({ value }) => value)) / 2;
    const high = Math.max(...panel.bars.map(({ value }) => value));
    for (const { name, contender, value } of panel.bars) {
      const length = (SPAN * Math.log(value / low)) / Math.log(high / low);
      parts.push(
        text(24, y + 14, name, 'value'),
        `<rect x="${LABEL}" y="${y + 3}" width="${length.toFixed(1)}" height="${ROW - 6}" fill="${COLOURS[contender]}"/>`,
        text(LABEL + length + 8, y + 14, `${Number(value.toPrecision(2))} ${panel.unit}`, 'value'),
      );
      y += ROW;
    }
  }
  y += 28;
  parts.push(
    text(12, y, 'Logarithmic bars, the shorter the better. Medians of one run of npm run bench.', 'note'),
  );
  const height = y + 14;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Bussa beside knockd and others">
  <title>Bussa beside knockd and others</title>
<title>Bussa beside knockd, fwknopd, tcpdump and nftables</title>
<style>text{font:13px system-ui,sans-serif;fill:#222}.title{font-weight:600}.note{font-size:11px;fill:#555}</style>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}

function text(x: number, y: number, words: string, kind: 'title' | 'value' | 'note'): string {
  return `<text x="${x.toFixed(0)}" y="${y}" class="${kind}">${words}</text>`;
}
