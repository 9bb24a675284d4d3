import type { Journey, Stranger } from './journey.ts';
import type { OptionReader } from './match-reader.ts';
import { portIn, sourcePortIn, tcpFlagsOf } from './packet-fields.ts';
import type { Test } from './ruleset.ts';
import { either, is } from './truth.ts';

type PortSpan = readonly [first: number, last: number];
const spans = (text: string): PortSpan[] =>
  text.split(',').map((span) => {
    const [first = '', last = first] = span.split(':');
    return [first === '' ? 0 : Number(first), last === '' ? 65_535 : Number(last)];
  });

type Fields = (packet: Stranger, journey: Journey, spans: readonly PortSpan[]) => ReturnType<Test>;
const ofPorts = (fields: Fields): OptionReader => ({
  arity: 1,
  read: ([text = '']) => {
    const all = spans(text);
    return (packet, journey) => fields(packet, journey, all);
  },
});

export const PORTS = {
  '--sport': ofPorts((packet, _, all) => sourcePortIn(packet, all)),
  '--dport': ofPorts((_, journey, all) => portIn(journey, all)),
};

export const MULTIPORT = {
  '--sports': PORTS['--sport'],
  '--dports': PORTS['--dport'],
  '--ports': ofPorts((packet, journey, all) => either([sourcePortIn(packet, all), portIn(journey, all)])),
};

export const tcpFlags: OptionReader = {
  arity: 2,
  read: ([mask = '', set = '']) => {
    const names = (text: string): string[] => {
      if (text === 'NONE') return [];
      return text === 'ALL' ? ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] : text.split(',');
    };
    const wanted = new Set(names(set));
    const masked = names(mask);
    return (packet) => {
      const flags = tcpFlagsOf(packet);
      return flags === undefined
        ? 'maybe'
        : is(masked.every((flag) => flags.has(flag) === wanted.has(flag)) && wanted.size <= masked.length);
    };
  },
};
