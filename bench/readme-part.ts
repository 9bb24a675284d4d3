import type { Baseline } from './baseline.ts';
import { RATES } from './measure-noise.ts';
import { renderSignedFigures } from './readme-signed.ts';
import { renderSpaFigures } from './readme-spa.ts';
import type { Contender } from './samples.ts';

const BEGIN = '<!-- from bench/baseline.json, by npm run bench -- --update-baseline -->';
const END = '<!-- end of what is from bench/baseline.json -->';

/** Puts the figures of a run in the place of those that stand between the README's two marks. */
export function withFigures(readme: string, baseline: Baseline): string {
  const [before, rest] = readme.split(`${BEGIN}\n`);
  const [, after] = rest?.split(`${END}\n`) ?? [];
  if (before === undefined || after === undefined) throw new Error(`the README lacks "${BEGIN}" or "${END}"`);
  return `${before}${BEGIN}\n${renderFigures(baseline)}${END}\n${after}`;
}

function renderFigures(baseline: Baseline): string {
  return `${conditions(baseline)}

| noise | packets received: Bussa · knockd · fwknopd (¹) · nftables | honest knocks opened, of 10 | CPU per packet, µs: Bussa · knockd · fwknopd · tcpdump | Bussa : knockd |
|---|---|---|---|---|
${RATES.map((rate) => noiseRow(baseline, rate)).join('\n')}

![The figures as bars](bench/chart.svg)

| | Bussa | knockd | |
|---|---|---|---|
${otherRows(baseline)
  .map((cells) => `| ${cells.join(' | ')} |`)
  .join('\n')}
${renderSignedFigures(baseline.figures)}${renderSpaFigures(baseline.figures)}`;
}

function conditions({ machine, rounds, remark }: Baseline): string {
  const { cpu, cpus, kernel, node, loadBefore } = machine;
  const where = `on ${cpus} cores (${cpu}) with Linux ${kernel} and Node.js ${node.slice(1)}`;
  const medians = `Medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'} or more, ${where}, load before ${loadBefore.toFixed(1)}.`;
  return remark === undefined ? medians : `${medians}\n${remark}`;
}

function noiseRow({ figures, ratios }: Baseline, rate: (typeof RATES)[number]): string {
  const of = (name: string, digits: (value: number) => string, contenders: readonly Contender[]): string =>
    contenders.map((contender) => said(figures[`noise.${name}.${rate}`]?.[contender], digits)).join(' · ');
  const sent = figures[`noise.sent.${rate}`]?.Bussa;
  const title =
    rate === 'full speed' ? `the sender’s full speed, ${said(sent, thousands)}/s` : `${thousands(rate)}/s`;
  const cells = [
    title,
    of('taken', (share) => `${percent(share)} %`, ['Bussa', 'knockd', 'fwknopd', 'kernel']),
    of('honest', (share) => `${Math.round(share * 10)}`, ['Bussa', 'knockd', 'fwknopd', 'kernel']),
    of('cpu', short, ['Bussa', 'knockd', 'fwknopd', 'tcpdump']),
    toOne(ratios[`noise.cpu.${rate} Bussa : knockd`]),
  ];
  return `| ${cells.join(' | ')} |`;
}

type Cells = readonly [what: string, ours: string, theirs: string, ratio: string];

function otherRows({ figures, ratios }: Baseline): Cells[] {
  const of = (figure: string, contender: Contender, digits = short): string =>
    said(figures[figure]?.[contender], digits);
  const both = (figure: string, contender: Contender): string =>
    `${of(figure, contender)} ms (${of(`${figure} p99`, contender)})`;
  const ratio = (figure: string): string => toOne(ratios[`${figure} Bussa : knockd`]);
  const idle = (name: Contender): string =>
    `${of('idle.cpu', name, percent)} %, ${of('idle.wakeUps', name)}/s`;
  const memory = (name: Contender): string =>
    `${of('idle.resident', name, megabytes)} MB, ${of('idle.private', name, megabytes)} MB`;
  const client = (name: Contender): string =>
    `${of('client.firstPacket', name)} ms, ${of('client.wall', name)} ms`;
  const starts = `${of('start.native', 'Bussa')} ms, ${of('start.commands', 'Bussa')} ms`;
  const command = both('open.command', 'knockd');
  const crowd = (name: Contender): string => of('crowd.perSecond', name, thousands);
  return [
    [
      'last knock to the rule in place: with `open`, median (p99)',
      both('open.native', 'Bussa'),
      `${command}, by its command`,
      ratio('open.native'),
    ],
    ...(figures['open.first']?.Bussa === undefined
      ? []
      : [
          [
            'the same for the first knock after a start',
            `${of('open.first', 'Bussa')} ms`,
            `${of('open.first', 'knockd')} ms`,
            '',
          ] as const,
        ]),
    ['the same with a command', both('open.command', 'Bussa'), command, ratio('open.command')],
    ['openings per second, 1,000 sources at once', crowd('Bussa'), crowd('knockd'), ''],
    [
      'start to the first packet captured: firewall doors, command doors',
      starts,
      `${of('start.commands', 'knockd')} ms`,
      `${ratio('start.native')}, ${ratio('start.commands')}`,
    ],
    ['idle: CPU, wake-ups', idle('Bussa'), idle('knockd'), ''],
    [
      'idle: memory resident, private',
      memory('Bussa'),
      memory('knockd'),
      `${ratio('idle.resident')}, ${ratio('idle.private')}`,
    ],
    ['bytes per attempt beyond 10,000', of('attempts.bytes', 'Bussa'), '', ''],
    [
      'CPU per packet at 1,000,000 attempts relative to 1,000',
      of('attempts.slowdown', 'Bussa'),
      'not reached: it scans all attempts for each packet',
      '',
    ],
    [
      '`knock`: start to first packet, to the end',
      client('Bussa'),
      client('knockd'),
      `${ratio('client.firstPacket')}, ${ratio('client.wall')}`,
    ],
  ];
}

function said(value: number | undefined, digits: (value: number) => string): string {
  return value === undefined ? '–' : digits(value);
}

/** Two digits that count, and no exponent. */
function short(value: number): string {
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(share < 0.01 ? 2 : 0))}`;
}

function megabytes(bytes: number): string {
  return short(bytes / 1e6);
}

/** Three digits that count. */
function thousands(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}

function toOne(ratio: number | undefined): string {
  return ratio === undefined ? '' : `${short(ratio)} : 1`;
}
