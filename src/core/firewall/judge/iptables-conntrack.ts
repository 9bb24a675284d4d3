import { type IpRange, parseIpRange } from './ip-range.ts';
import type { Journey, Stranger } from './journey.ts';
import type { MatchReader, OptionReader } from './match-reader.ts';
import {
  askAddress,
  connectionState,
  inRange,
  isWithin,
  protocolIs,
  sourceIs,
  sourcePortIn,
} from './packet-fields.ts';
import { both, either, is, negateIf, type Truth } from './truth.ts';

/** net/netfilter/xt_state.c */
export const STATE: MatchReader = {
  options: { '--state': { arity: 1 } },
  whole:
    ({ options: [option] }) =>
    (packet, journey) =>
      negateIf(option?.not === true, stateIs(option?.args[0] ?? '', packet, journey)),
};

const OPTIONS = [
  '--ctstate',
  '--ctproto',
  '--ctorigsrc',
  '--ctorigdst',
  '--ctreplsrc',
  '--ctrepldst',
  '--ctorigsrcport',
  '--ctorigdstport',
  '--ctreplsrcport',
  '--ctrepldstport',
  '--ctstatus',
  '--ctexpire',
  '--ctdir',
] as const;

/** net/netfilter/xt_conntrack.c: a packet without a connection has a state, and matches nothing else. */
export const CONNTRACK: MatchReader = {
  options: Object.fromEntries(OPTIONS.map((name): [string, OptionReader] => [name, { arity: 1 }])),
  whole:
    ({ options }) =>
    (packet, journey) => {
      const states = options.filter(({ name }) => name === '--ctstate');
      const others = options.filter(({ name }) => name !== '--ctstate');
      const truth = both(
        states.map(({ not, args }) => negateIf(not, stateIs(args[0] ?? '', packet, journey))),
      );
      if (truth === 'no' || others.length === 0) return truth;
      if (journey.tracking !== 'tracked') return states.length > 0 ? truth : 'no';
      return both([
        truth,
        ...others.map(({ not, name, args }) => negateIf(not, fieldIs(name, args[0] ?? '', packet))),
      ]);
    },
};

function stateIs(list: string, packet: Stranger, journey: Journey): Truth {
  const state = connectionState(packet, journey);
  return either(
    list.split(',').map((name) => {
      if (name === 'DNAT') return journey.tracking === 'tracked' ? isTranslated(packet, journey) : 'no';
      // Sources are translated when the packet leaves.
      if (name === 'SNAT') return packet.state === 'new' ? 'no' : 'maybe';
      return is(state === name.toLowerCase());
    }),
  );
}

export function isTranslated(packet: Stranger, { translatedBy }: Journey): Truth {
  return packet.state === 'established' ? 'maybe' : is(translatedBy !== undefined);
}

function fieldIs(name: string, text: string, packet: Stranger): Truth {
  const span = (): readonly (readonly [number, number])[] => {
    const [first = '', last = first] = text.split(':');
    return [[Number(first), Number(last === '' ? 65_535 : last)]];
  };
  switch (name) {
    case '--ctproto':
      return protocolIs(packet, text);
    case '--ctorigsrc':
      return sourceIs(packet, parseIpRange(text));
    case '--ctorigdst':
      return originalAddressIs(packet, parseIpRange(text));
    case '--ctorigsrcport':
      return sourcePortIn(packet, span());
    case '--ctorigdstport':
      return inRange(packet.port, span());
    case '--ctdir':
      return is(text.toUpperCase() === 'ORIGINAL');
    case '--ctstatus':
      return either(text.split(',').map((one) => statusIs(one.toLowerCase(), packet)));
    default:
      return 'maybe';
  }
}

function originalAddressIs(packet: Stranger, range: IpRange | undefined): Truth {
  if (range !== undefined && range.family === packet.family) askAddress(packet, range);
  return isWithin(packet.family, packet.address, range);
}

/** For a new connection; EXPECTED means one that a conntrack helper expects. */
export function statusIs(name: string, { state }: Stranger): Truth {
  if (state === 'established') return name === 'none' || name === 'expected' ? 'no' : 'maybe';
  return is(name === 'none');
}
