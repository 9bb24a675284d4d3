import { WAYS } from './measure-felt.ts';
import { AMIDST } from './measure-fleet.ts';
import { RATES } from './measure-noise.ts';
import { HONEST, SEQUENCES } from './measure-signed.ts';
import type { Samples } from './samples.ts';

export type Target = { readonly what: string; readonly measured: number; readonly atMost: number };

/** What the product promises; every figure the smaller, the better. NaN where it has not been measured. */
export function judgeTargets(samples: Samples): Target[] {
  const ours = (figure: string): number => samples.quantile(figure, 'Bussa', 0.5);
  const worst = (value: (rate: string) => number): number =>
    Math.max(...RATES.map((rate) => value(`${rate}`)));
  const shut = (rate: string): number =>
    Math.max(...orNone(samples.of(`noise.honest.${rate}`, 'Bussa').map((share) => 10 - 10 * share)));
  const cpu = (under: 'knockd' | 'tcpdump') => (rate: string) =>
    samples.ratio(`noise.cpu.${rate}`, 'Bussa', under);
  return [
    target('honest knocks of 10 not opened, in any round at any rate', worst(shut), 0),
    target('CPU per noise packet, Bussa : knockd, at the worst rate', worst(cpu('knockd')), 0.1),
    target('CPU per noise packet, Bussa : tcpdump, at the worst rate', worst(cpu('tcpdump')), 1),
    target('bytes for each attempt beyond the first 10,000', ours('attempts.bytes'), 64),
    target('CPU per packet, 1,000,000 : 1,000 attempts', ours('attempts.slowdown'), 1 / 0.8),
    target('native opening : knockd', samples.ratio('open.native', 'Bussa', 'knockd'), 1 / 20),
    ...openingTargets(samples),
    ...signedTargets(samples),
    ...spaTargets(samples),
    target('wake-ups a second, idle', ours('idle.wakeUps'), 2),
    target('CPU idle, % of one', 100 * ours('idle.cpu'), 0.05),
    target('private memory idle, MB', ours('idle.private') / 1e6, 16),
    target('resident memory idle, MB', ours('idle.resident') / 1e6, 65),
    target('the client’s first packet, ms', ours('client.firstPacket'), 60),
    target('the client, start to end, three ports, ms', ours('client.wall'), 25),
    target('the same : an empty Node.js', ours('client.overNode'), CLIENT_OVER_NODE),
    target('private memory under load, last third : second third', ours('load.growth'), FLAT),
    target('start to the first packet captured, firewall doors, ms', ours('start.native'), 100),
    target('bussa --help, to its end, ms', ours('client.help'), 80),
    target('knock to the rule at the other hosts of a fleet, median, ms', ours('fleet.open.others'), 10),
    target('10,000 openings at three hosts, s', ours('fleet.bulk') / 1000, 5),
    target(
      `spread sequences of ${AMIDST} not opened amidst a flood`,
      AMIDST - ours('fleet.spread.opened'),
      0,
    ),
    ...WAYS.flatMap((way) => feltTargets(samples, 2 * way)),
  ];
}

/** Node.js itself takes 20 of the 25 ms. */
const CLIENT_OVER_NODE = 1.25;

/** Garbage comes and goes. */
const FLAT = 1.1;

function target(what: string, measured: number, atMost: number): Target {
  return { what, measured, atMost };
}

/** From the last packet to the rule. */
function openingTargets(samples: Samples): Target[] {
  const ours = (figure: string, share = 0.5): number => samples.quantile(figure, 'Bussa', share);
  return [
    target('native opening, median, ms', ours('open.native'), 0.5),
    target('native opening, p99, ms', ours('open.native', 0.99), 2),
    target('a signed knock to its rule : fwknopd', samples.ratio('open.signed', 'Bussa', 'fwknopd'), 1 / 20),
    target('the first knock after a start, median, ms', ours('open.first'), 1),
    target('the first signed knock after a start, median, ms', ours('open.first.signed'), 1),
    target('each of 1,000 openings at once, µs', 1e6 / ours('crowd.perSecond'), 50),
  ];
}

/** A budget of a quarter of a core for work on what bears the right tag, and what it costs to look at the rest. */
const CARD_CPU = 30;

/** The same budget, and what reading the ring takes. */
const SPA_CPU = 35;

function signedTargets(samples: Samples): Target[] {
  const ours = (figure: string): number => samples.quantile(figure, 'Bussa', 0.5);
  const full = 'garbage at the sender’s full speed';
  return [
    target(
      `honest signed knocks of ${HONEST} not opened at the first try, ${full}`,
      HONEST - ours('signed.flood.opened.full speed'),
      1,
    ),
    target(`CPU spent on ${full}, % of one core`, 100 * ours('signed.flood.cpu.full speed'), 2),
    target(
      `sequences of ${SEQUENCES} not opened, garbage by somebody who has the card`,
      SEQUENCES - ours('signed.card.sequences'),
      0,
    ),
    target('CPU spent on garbage by somebody who has the card, %', 100 * ours('signed.card.cpu'), CARD_CPU),
    target(
      'time of each signed knock accepted in a crowd : fwknopd',
      1 / samples.ratio('signed.accepted.perSecond', 'Bussa', 'fwknopd'),
      ACCEPTED_SHARE,
    ),
  ];
}

/** Of the time that fwknopd needs for each of its packets. */
const ACCEPTED_SHARE = 1 / 20;

function spaTargets(samples: Samples): Target[] {
  const ours = (figure: string): number => samples.quantile(figure, 'Bussa', 0.5);
  const shut = (figure: string): number => HONEST - ours(`spa.${figure}.20000`);
  const noise = 'amidst 20,000 wrong ones a second';
  return [
    target(`honest SPA packets of ${HONEST} not opened, one key, ${noise}`, shut('strangers.1'), 0),
    target(`the same of a source that has opened before, 100 keys, ${noise}`, shut('known.100'), 0),
    target(
      'CPU spent on SPA noise at full speed, 100 keys, %',
      100 * ours('spa.cpu.100.full speed'),
      SPA_CPU,
    ),
  ];
}

/** What a login takes more than to a port that is open, and no longer than `knock && ssh` with the same delay. */
function feltTargets(samples: Samples, roundTrip: number): Target[] {
  const median = (what: string, name: 'Bussa' | 'knockd'): number =>
    samples.quantile(`felt.${roundTrip}.${what}`, name, 0.5);
  const at = `at ${roundTrip} ms of round trip`;
  return [
    {
      what: `login more than to an open port, ms, ${at}`,
      measured: median('answers.ports.more', 'Bussa'),
      atMost: 30,
    },
    { what: `the same by key, ms, ${at}`, measured: median('answers.key.more', 'Bussa'), atMost: 60 },
    {
      what: `login where knocks are dropped, ms, knock && ssh being the limit, ${at}`,
      measured: median('drops.delay', 'Bussa'),
      atMost: median('drops.delay', 'knockd'),
    },
  ];
}

function orNone(values: readonly number[]): readonly number[] {
  return values.length === 0 ? [Number.NaN] : values;
}
