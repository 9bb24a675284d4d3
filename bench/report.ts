import type { Measured } from './bench.ts';
import { NOISE_SOURCES } from './noise.ts';
import { CROWD, type Openings } from './openings.ts';

type Row = { readonly what: string; readonly knockd: string; readonly bussa: string; readonly ratio: string };

/** Both daemons side by side as a table for the terminal. */
export function renderReport(knockd: Measured, bussa: Measured, openings: Openings): string {
  const rows: Row[] = [
    { what: '', knockd: 'knockd 0.8', bussa: 'Bussa', ratio: 'Bussa : knockd' },
    ...knockd.noise.flatMap((_, i) => noiseRows(knockd, bussa, i)),
    row('last knock to rule in place, median', 'ms', 2, knockd.latency.medianMs, bussa.latency.medianMs),
    row('last knock to rule in place, p99', 'ms', 2, knockd.latency.p99Ms, bussa.latency.p99Ms),
    ...openingRows(openings),
    row('resident memory, idle', 'MiB', 1, knockd.atStart.residentMiB, bussa.atStart.residentMiB),
    row('resident memory, after the noise', 'MiB', 1, knockd.atEnd.residentMiB, bussa.atEnd.residentMiB),
    row('private memory, after the noise', 'MiB', 1, knockd.atEnd.privateMiB, bussa.atEnd.privateMiB),
  ];
  const width = (key: keyof Row): number => Math.max(...rows.map((each) => each[key].length));
  const lines = rows.map(
    ({ what, knockd: left, bussa: right, ratio }) =>
      `${what.padEnd(width('what'))}  ${left.padStart(width('knockd'))}  ${right.padStart(width('bussa'))}  ${ratio.padStart(width('ratio'))}`,
  );
  return [...lines, '', ...NOTES].join('\n');
}

const NOTES = [
  'packets taken: what the kernel handed to the packet socket less what it dropped there (PACKET_STATISTICS)',
  `noise: SYNs to the first port of a door, from ${NOISE_SOURCES.toLocaleString('en')} sources, all of them dropped by the firewall`,
  'CPU: run time of all threads of the daemon by the scheduler’s count, over the packets taken; its commands not included',
  'opened in the firewall: from the kernel’s stamp on the last packet to its word that the rule or element is in place; the ratio is the median of the pairs',
  `openings a second: ${CROWD} sources, each with its knocks on end, at the sender’s full speed`,
  'last knock to rule: from sendto(2) of the last knock to the end of the iptables command, both started by the daemon',
];

function openingRows({ knockd, Bussa, medianRatio }: Openings): Row[] {
  const opened = ({ crowdOpened }: typeof knockd): string => `${crowdOpened} of ${CROWD}`;
  return [
    {
      ...row('opened in the firewall, iptables : native, median', 'ms', 2, knockd.medianMs, Bussa.medianMs),
      ratio: `${medianRatio.toFixed(3)} : 1`,
    },
    row('opened in the firewall, iptables : native, p99', 'ms', 2, knockd.p99Ms, Bussa.p99Ms),
    row('openings a second, all at once', '/s', 0, knockd.crowdPerSecond, Bussa.crowdPerSecond),
    { what: '  sources let in', knockd: opened(knockd), bussa: opened(Bussa), ratio: '' },
  ];
}

function noiseRows(knockd: Measured, bussa: Measured, i: number): Row[] {
  const [k, b] = [knockd.noise[i], bussa.noise[i]];
  if (k === undefined || b === undefined) return [];
  const [sentK, sentB] = [k.sentPerSecond, b.sentPerSecond].map((rate) =>
    Math.round(rate).toLocaleString('en'),
  );
  const share = (each: typeof k): number =>
    (100 * each.packets.taken) / (each.packets.taken + each.packets.dropped);
  return [
    { what: 'noise, packets/s', knockd: sentK ?? '', bussa: sentB ?? '', ratio: '' },
    row('  packets taken', '%', 1, share(k), share(b)),
    {
      what: '  honest knocks opened',
      knockd: `${k.honestOpenings} of ${k.honestKnocks}`,
      bussa: `${b.honestOpenings} of ${b.honestKnocks}`,
      ratio: '',
    },
    row('  CPU per packet', 'µs', 2, k.cpuMicrosPerPacket, b.cpuMicrosPerPacket),
  ];
}

function row(what: string, unit: string, digits: number, knockd: number, bussa: number): Row {
  const render = (value: number): string => `${value.toFixed(digits)} ${unit}`;
  return { what, knockd: render(knockd), bussa: render(bussa), ratio: `${(bussa / knockd).toFixed(2)} : 1` };
}
