import { type Figures, figureName } from './baseline.ts';
import { FLOOD_RATES, HONEST, SEQUENCES } from './measure-signed.ts';
import type { Contender } from './samples.ts';

type Row = readonly [what: string, ours: string, theirs: string];

/** The README's figures of signed knocks; empty where a run has none. */
export function renderSignedFigures(figures: Figures): string {
  const one = (figure: string, name: Contender): number | undefined => figures[figure]?.[name];
  if (one('signed.flood.opened.full speed', 'Bussa') === undefined) return '';
  const said = (figure: string, name: Contender, unit: string): string => withUnit(one(figure, name), unit);
  const opening = (name: Contender): string =>
    `${said('open.signed', name, ' ms')} (${said(figureName('open.signed', 0.99), name, '')})`;
  const ours = (figure: string, unit: string): string => said(figure, 'Bussa', unit);
  const rejections = ['word', 'tag', 'used', 'key'].map((kind) => ours(`signed.reject.${kind}`, ''));
  const rows: Row[] = [
    ['one packet to the rule in place, median (p99)', opening('Bussa'), opening('fwknopd')],
    [
      'the first one after a start',
      ours('open.first.signed', ' ms'),
      said('open.first.signed', 'fwknopd', ' ms'),
    ],
    [
      'CPU to reject a packet: without the server’s word, without its tag, taken before, key of no user',
      `${rejections.join(', ')} µs`,
      '',
    ],
    [
      'accepted in a second, of a crowd',
      ours('signed.accepted.perSecond', ''),
      said('signed.accepted.perSecond', 'fwknopd', ''),
    ],
    ...FLOOD_RATES.map((rate): Row => {
      const flood = typeof rate === 'number' ? `${rate.toLocaleString('en')}/s` : 'the sender’s full speed';
      const both = (name: Contender): string =>
        `${said(`signed.flood.opened.${rate}`, name, '')}, ${percent(one(`signed.flood.cpu.${rate}`, name))}`;
      return [
        `a flood at ${flood}: honest packets of ${HONEST} that open at the first try, CPU of one core`,
        both('Bussa'),
        both('fwknopd'),
      ];
    }),
    [
      `a flood at full speed by somebody who has the card: sequences of ${SEQUENCES} that open, CPU of one core`,
      `${ours('signed.card.sequences', '')}, ${percent(one('signed.card.cpu', 'Bussa'))}`,
      '',
    ],
  ];
  return `
| one packet opens | Bussa, signed knock | fwknopd |
|---|---|---|
${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
`;
}

/** Two digits that count, and no exponent. */
export function withUnit(value: number | undefined, unit: string): string {
  if (value === undefined) return '–';
  return `${value >= 10 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(2))}${unit}`;
}

export function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${Number((100 * share).toFixed(share < 0.01 ? 2 : 0))} %`;
}
