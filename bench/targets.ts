import { WAYS } from './measure-felt.ts';
import { RATES } from './measure-noise.ts';
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
  const target = (what: string, measured: number, atMost: number): Target => ({ what, measured, atMost });
  return [
    target('honest knocks of 10 not opened, in any round at any rate', worst(shut), 0),
    target('CPU per noise packet, Bussa : knockd, at the worst rate', worst(cpu('knockd')), 0.1),
    target('CPU per noise packet, Bussa : tcpdump, at the worst rate', worst(cpu('tcpdump')), 1),
    target('bytes for each attempt beyond the first 10,000', ours('attempts.bytes'), 64),
    target('CPU per packet, 1,000,000 : 1,000 attempts', ours('attempts.slowdown'), 1 / 0.8),
    target('native opening : knockd', samples.ratio('open.native', 'Bussa', 'knockd'), 1 / 20),
    target('wake-ups a second, idle', ours('idle.wakeUps'), 2),
    target('CPU idle, % of one', 100 * ours('idle.cpu'), 0.05),
    target('private memory idle, MB', ours('idle.private') / 1e6, 15),
    target('resident memory idle, MB', ours('idle.resident') / 1e6, 65),
    target('the client’s first packet, ms', ours('client.firstPacket'), 60),
    target('bussa --help, to its end, ms', ours('client.help'), 80),
    ...WAYS.flatMap((way) => feltTargets(samples, 2 * way)),
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
