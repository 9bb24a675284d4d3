import { POLICIES, WAYS } from './measure-felt.ts';
import { AMIDST, BULK } from './measure-fleet.ts';
import { RATES } from './measure-noise.ts';
import { FLOOD_RATES, HONEST, SEQUENCES } from './measure-signed.ts';
import { SPA_USERS } from './measure-spa.ts';
import type { Rate } from './replay.ts';
import type { Contender } from './samples.ts';

/** A line of the report: a figure, how it is said, and which ratios are drawn from it. */
export type Line = {
  readonly figure: string;
  readonly what: string;
  readonly unit: string;
  readonly digits: number;
  /** What a value is divided by to be said. */
  readonly scale?: number;
  /** In place of the median. */
  readonly quantile?: number;
  /** Bussa's value over each of these, pair by pair: the smaller, the better. */
  readonly beside?: readonly Contender[];
  /** The figure is itself a ratio, the smaller the better. */
  readonly isRatio?: boolean;
};

export type Section = { readonly title: string; readonly lines: readonly Line[] };

const MB = 1e6;

export const SECTIONS: readonly Section[] = [
  ...RATES.map((rate) => ({
    title: `noise, ${speed(rate)}`,
    lines: [
      line(`noise.sent.${rate}`, 'sent', '/s', 0),
      { ...line(`noise.taken.${rate}`, 'packets taken', '%', 1), scale: 0.01 },
      line(`noise.dropped.${rate}`, 'packets dropped', '', 0),
      { ...line(`noise.honest.${rate}`, 'honest knocks opened', '%', 0), scale: 0.01 },
      { ...line(`noise.cpu.${rate}`, 'CPU per packet', 'µs', 2), beside: ['knockd', 'tcpdump'] as const },
    ],
  })),
  {
    title: 'noise, first 10,000 packets after a start',
    lines: [{ ...line('noise.cpu.first', 'CPU per packet', 'µs', 2), beside: ['knockd'] }],
  },
  {
    title: 'last packet of a knock to the rule in place',
    lines: [
      ...bothQuantiles('open.command', 'by a command'),
      ...bothQuantiles('open.native', 'firewall door (the others: command)'),
      line('open.signed', 'signed knock, firewall door (fwknopd: command), median', 'ms', 2),
      { ...line('open.signed', 'signed knock, p99', 'ms', 2), quantile: 0.99 },
      line('open.first', 'the first knock after a start, firewall door', 'ms', 2),
      line('open.first.signed', 'the first signed knock after a start', 'ms', 2),
      line('crowd.perSecond', '1,000 knock at once, openings', '/s', 0),
      line('crowd.opened', '1,000 knock at once, let in', '', 0),
    ],
  },
  {
    title: 'signed knocks: CPU of a packet that opens nothing',
    lines: [
      line('signed.reject.word', 'garbage, thrown away by the kernel’s filter', 'µs', 3),
      line('signed.reject.tag', 'right word, wrong tag', 'µs', 2),
      line('signed.reject.used', 'right tag, taken before', 'µs', 1),
      line('signed.reject.seal', 'right tag, broken seal', 'µs', 0),
      line('signed.reject.key', 'right seal, key of no user', 'µs', 0),
    ],
  },
  {
    title: 'signed knocks: 3,000 of 100 users at 2,000/s',
    lines: [
      line('signed.accepted.perSecond', 'accepted', '/s', 0),
      line('signed.accepted.cpu', 'CPU for each, opening included', 'µs', 0),
    ],
  },
  ...FLOOD_RATES.map((rate) => ({
    title: `one packet opens: a flood of garbage (fwknopd: well-formed packets) at ${speed(rate)}`,
    lines: [
      line(`signed.flood.opened.${rate}`, `honest packets of ${HONEST} that open at the first try`, '', 0),
      { ...line(`signed.flood.cpu.${rate}`, 'CPU spent on the flood, of one core', '%', 2), scale: 0.01 },
    ],
  })),
  {
    title: 'signed knocks: a flood at full speed by somebody who has the card',
    lines: [
      line('signed.card.sequences', `sequences of ${SEQUENCES} that open`, '', 0),
      { ...line('signed.card.cpu', 'CPU spent on the flood, of one core', '%', 1), scale: 0.01 },
    ],
  },
  {
    title: 'SPA: CPU of a packet with the key of no user',
    lines: SPA_USERS.map((users) => line(`spa.reject.${users}`, `where ${keys(users)}`, 'µs', 0)),
  },
  ...SPA_USERS.flatMap((users) => FLOOD_RATES.map((rate) => spaSection(users, rate))),
  ...FLOOD_RATES.map((rate) => codeSection(rate)),
  {
    title: 'start to the first packet captured',
    lines: [
      { ...line('start.commands', 'doors with commands', 'ms', 1), beside: ['knockd'] },
      { ...line('start.native', 'firewall doors', 'ms', 1), beside: ['knockd'] },
    ],
  },
  {
    title: 'idle',
    lines: [
      { ...line('idle.cpu', 'CPU', '%', 3), scale: 0.01 },
      line('idle.wakeUps', 'wake-ups', '/s', 2),
      { ...line('idle.resident', 'memory resident', 'MB', 1), scale: MB, beside: ['knockd'] },
      { ...line('idle.private', 'memory private', 'MB', 1), scale: MB, beside: ['knockd'] },
    ],
  },
  {
    title: 'attempts under way',
    lines: [
      {
        ...line('attempts.private.10000', 'private memory at 10,000', 'MB', 1),
        scale: MB,
        beside: ['knockd'],
      },
      { ...line('attempts.private.100000', 'private memory at 100,000', 'MB', 1), scale: MB },
      { ...line('attempts.private.1000000', 'private memory at 1,000,000', 'MB', 1), scale: MB },
      { ...line('attempts.resident', 'resident memory at 1,000,000', 'MB', 1), scale: MB },
      line('attempts.bytes', 'bytes for each beyond 10,000', '', 1),
      line('attempts.cpu.1000', 'CPU per packet at 1,000', 'µs', 3),
      line('attempts.cpu.1000000', 'CPU per packet at 1,000,000', 'µs', 3),
      { ...line('attempts.slowdown', 'the latter over the former', '', 2), isRatio: true },
    ],
  },
  {
    title: '500 openings a second',
    lines: [
      { ...line('load.private', 'private memory, the last third of the time', 'MB', 1), scale: MB },
      line('load.growth', 'the latter over that of the second third', '', 2),
    ],
  },
  {
    title: 'the client, knock',
    lines: [
      { ...line('client.firstPacket', 'start to first packet', 'ms', 1), beside: ['knockd'] },
      { ...line('client.wall', 'start to end, three ports', 'ms', 1), beside: ['knockd'] },
      line('client.overNode', 'the latter over an empty Node.js', '', 2),
      line('client.help', '`bussa --help`, start to end', 'ms', 1),
    ],
  },
  {
    title: 'a fleet of three hosts, with carriers and the engine on one machine',
    lines: [
      line('fleet.open.local', 'last packet of a knock to the rule there, median', 'ms', 2),
      line('fleet.open.others', 'the same to the rule at the others, median', 'ms', 2),
      { ...line('fleet.open.others', 'the same, p99', 'ms', 2), quantile: 0.99 },
      {
        ...line('fleet.bulk', `${BULK.toLocaleString('en')} openings at one, until all have them`, 's', 1),
        scale: 1000,
      },
      line('fleet.spread.opened', `spread sequences of ${AMIDST} that open, amidst 100,000 packets/s`, '', 0),
    ],
  },
  ...WAYS.flatMap((way) => POLICIES.map((policy) => feltSection(2 * way, policy))),
];

export const LINES: readonly Line[] = SECTIONS.flatMap(({ lines }) => lines);

function feltSection(roundTrip: number, policy: (typeof POLICIES)[number]): Section {
  const figure = `felt.${roundTrip}.${policy}`;
  const both = (what: string, words: string): Line[] => [
    line(`${figure}.${what}`, words, 'ms', 0),
    line(`${figure}.${what}.more`, `${words}: more than to an open port`, 'ms', 0),
  ];
  return {
    title: `ssh HOST true, ${roundTrip} ms of round trip, knock ports ${policy === 'answers' ? 'answered' : 'dropped'}`,
    lines: [
      line(`${figure}.open`, 'to an open port', 'ms', 0),
      ...both('ports', 'bussa connect'),
      ...both('delay', 'the same with a delay of 50 ms; knock && ssh'),
      ...both('key', 'bussa connect by key; fwknop && ssh'),
    ],
  };
}

function spaSection(users: number, rate: Rate): Section {
  const last = `${users}.${rate}`;
  return {
    title: `SPA, ${keys(users)}: a flood of well-formed packets at ${speed(rate)}`,
    lines: [
      line(`spa.strangers.${last}`, `of ${HONEST} honest packets, each of another source, open`, '', 0),
      line(`spa.known.${last}`, `of ${HONEST} of a source that has opened before`, '', 0),
      { ...line(`spa.cpu.${last}`, 'CPU spent on the flood, of one core', '%', 1), scale: 0.01 },
    ],
  };
}

function codeSection(rate: Rate): Section {
  return {
    title: `codes: a flood of guesses at the two blocks of ports, ${speed(rate)}`,
    lines: [
      line(`codes.known.${rate}`, `of ${HONEST} users that have opened before open`, '', 0),
      { ...line(`codes.cpu.${rate}`, 'CPU spent on the flood, of one core', '%', 1), scale: 0.01 },
    ],
  };
}

export function keys(users: number): string {
  return users === 1 ? 'one user has a key' : `${users} users have a key`;
}

function speed(rate: Rate): string {
  return rate === 'full speed' ? 'the sender’s full speed' : `${rate.toLocaleString('en')} packets/s`;
}

function line(figure: string, what: string, unit: string, digits: number): Line {
  return { figure, what, unit, digits };
}

function bothQuantiles(figure: string, what: string): Line[] {
  return [
    { ...line(figure, `${what}, median`, 'ms', 2), beside: ['knockd', 'fwknopd'] },
    { ...line(figure, `${what}, p99`, 'ms', 2), quantile: 0.99 },
  ];
}
