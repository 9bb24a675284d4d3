import { type Line, SECTIONS, type Section } from './lines.ts';
import { NOISE_SOURCES } from './noise.ts';
import { CONTENDERS, type Samples } from './samples.ts';
import { judgeTargets } from './targets.ts';

type Row = readonly string[];

/** All contenders side by side as a table for the terminal, and the targets. */
export function renderReport(samples: Samples): string {
  const head: Row = ['', ...CONTENDERS, ': knockd', ': tcpdump', ': fwknopd'];
  const rows = [head, ...SECTIONS.flatMap((section) => sectionRows(samples, section))];
  return [renderTable(rows), '', ...NOTES, '', ...targetLines(samples)].join('\n');
}

const NOTES = [
  'medians of the rounds; ratios are Bussa’s over the other’s, pair by pair in the same run, their median',
  'packets taken: what the kernel handed to the packet socket less what it dropped there (PACKET_STATISTICS)',
  `noise: SYNs to the first port of a door, from ${NOISE_SOURCES.toLocaleString('en')} sources, all of them dropped by the firewall`,
  'CPU: run time of all threads by the scheduler’s count, over the packets taken, of noise without honest knocks;',
  '  the kernel’s part not included',
  'kernel: three nftables sets with timeouts; its time is that of whoever it interrupts, here the sender’s, see "sent"',
  'tcpdump: -w /dev/null with Bussa’s own filter; fwknopd looks at the noise as if it came to its own port,',
  '  and takes 100 packets at a time (PCAP_DISPATCH_COUNT), sleeping 0.1 s in between',
  'rule in place: from the kernel’s stamp on the last packet to its word that the rule or element stands',
  'wake-ups: voluntary context switches of all threads; private memory: pages behind which no file stands',
];

function sectionRows(samples: Samples, { title, lines }: Section): Row[] {
  const rows = lines.map((line) => lineRow(samples, line)).filter((row) => row.slice(1).some(Boolean));
  return rows.length === 0 ? [] : [[title], ...rows];
}

function lineRow(samples: Samples, line: Line): Row {
  const { figure, unit, digits, scale = 1, quantile = 0.5, beside = [] } = line;
  const values = CONTENDERS.map((name) => samples.quantile(figure, name, quantile) / scale);
  const said = values.map((value) =>
    Number.isFinite(value) ? `${withCommas(value, digits)}${unit === '' ? '' : ` ${unit}`}` : '',
  );
  const ratios = (['knockd', 'tcpdump', 'fwknopd'] as const).map((other) => {
    const ratio = beside.includes(other) ? samples.ratio(figure, 'Bussa', other) : Number.NaN;
    return Number.isFinite(ratio) ? ratio.toPrecision(2) : '';
  });
  return [`  ${line.what}`, ...said, ...ratios];
}

function withCommas(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function renderTable(rows: readonly Row[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.filter((row) => row.length > 1).map((row) => (row[i] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

function targetLines(samples: Samples): string[] {
  return judgeTargets(samples).map(({ what, measured, atMost }) => {
    const verdict = Number.isNaN(measured) ? 'not measured' : measured <= atMost ? 'reached' : 'MISSED';
    return `target  ${what}: ${Number(measured.toPrecision(3))}, at most ${Number(atMost.toPrecision(3))}: ${verdict}`;
  });
}
