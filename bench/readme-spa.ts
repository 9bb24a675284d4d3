import type { Figures } from './baseline.ts';
import { keys } from './lines.ts';
import { CODE_GUESSERS } from './measure-codes.ts';
import { FLOOD_RATES, HONEST } from './measure-signed.ts';
import { SPA_USERS } from './measure-spa.ts';
import { percent, withUnit } from './readme-signed.ts';
import type { Contender } from './samples.ts';

type Row = readonly [what: string, ours: string, theirs: string];

/** The README's figures of SPA; empty where a run has none. */
export function renderSpaFigures(figures: Figures): string {
  const one = (figure: string, name: Contender): number | undefined => figures[figure]?.[name];
  const said = (figure: string, name: Contender): string => withUnit(one(figure, name), '');
  if (one(`spa.reject.${SPA_USERS[0]}`, 'Bussa') === undefined) return '';
  const rejection = (name: Contender): string =>
    `${SPA_USERS.map((users) => said(`spa.reject.${users}`, name)).join(', ')} µs`;
  const flood = (users: number, rate: (typeof FLOOD_RATES)[number], name: Contender): string => {
    const opened = ['strangers', 'known'].map((who) => said(`spa.${who}.${users}.${rate}`, name));
    return `${opened.join(', ')}, ${percent(one(`spa.cpu.${users}.${rate}`, name))}`;
  };
  const rows: Row[] = [
    [
      `CPU of a packet with the key of no user, where ${SPA_USERS.map(keys).join(', ')}`,
      rejection('Bussa'),
      rejection('fwknopd'),
    ],
    ...SPA_USERS.flatMap((users) =>
      FLOOD_RATES.map((rate): Row => {
        const what = `${keys(users)}, a flood of well-formed packets at ${speedOf(rate)}`;
        return [what, flood(users, rate, 'Bussa'), flood(users, rate, 'fwknopd')];
      }),
    ),
  ];
  return `
| SPA: of ${HONEST} honest packets opened, each of another source, and of a source that has opened before; CPU of one core | Bussa | fwknopd |
|---|---|---|
${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
${renderCodeFigures(figures)}`;
}

/** The same of codes, beside guesses at the blocks of ports; empty where a run has none. */
function renderCodeFigures(figures: Figures): string {
  const one = (figure: string): number | undefined => figures[figure]?.Bussa;
  if (one(`codes.cpu.${FLOOD_RATES[0]}`) === undefined) return '';
  const rows = FLOOD_RATES.map((rate) => {
    const known = withUnit(one(`codes.known.${rate}`), '');
    return `| ${speedOf(rate)} | ${known}, ${percent(one(`codes.cpu.${rate}`))} |`;
  });
  return `
| codes: amidst guesses of ${CODE_GUESSERS} sources, of ${HONEST} users that have opened before those that open, CPU of one core | Bussa |
|---|---|
${rows.join('\n')}
`;
}

const speedOf = (rate: (typeof FLOOD_RATES)[number]): string =>
  typeof rate === 'number' ? `${rate.toLocaleString('en')}/s` : 'the sender’s full speed';
