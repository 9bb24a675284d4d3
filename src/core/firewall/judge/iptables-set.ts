import type { Ipset, IpsetElement, IpsetPart } from './ipset.ts';
import type { Journey, Stranger } from './journey.ts';
import type { MatchAround } from './match-reader.ts';
import { addressIs, isListedByRules, portIn, sourceIs, sourcePortIn } from './packet-fields.ts';
import type { Test } from './ruleset.ts';
import { both, either, is, type Truth } from './truth.ts';

/** Bussa's own sets: a stranger has no lease. */
const LEASES = /^bussa[46]-/;
/** BOUNDED: nesting of sets. ipset itself allows one level. */
const MAX_LISTS = 4;

/** `--match-set NAME src,dst`. */
export function matchSet([name = '', directions = '']: readonly string[], { sets }: MatchAround): Test {
  if (LEASES.test(name)) return ({ hasLease }) => is(hasLease === true);
  const ways = directions.split(',');
  return (packet, journey) => isIn(name, 0, { sets, ways, packet, journey });
}

type Question = {
  readonly sets: MatchAround['sets'];
  readonly ways: readonly string[];
  readonly packet: Stranger;
  readonly journey: Journey;
};

function isIn(name: string, depth: number, question: Question): Truth {
  const set = question.sets.get(name);
  if (set === undefined || depth > MAX_LISTS) return 'maybe';
  if (question.journey.touched.has(`ipset ${name}`)) return 'maybe';
  const met = (nomatch: boolean): Truth =>
    either(
      set.elements
        .filter((one) => one.nomatch === nomatch)
        .map((one) => elementIs(set, one, depth, question)),
    );
  const excepted = met(true);
  if (excepted === 'yes') return set.elements.some(({ nomatch }) => !nomatch) ? 'maybe' : 'no';
  if (excepted === 'maybe') return 'maybe';
  return set.isFilled === true ? either([met(false), isListedByRules(question.packet)]) : met(false);
}

function elementIs({ type }: Ipset, { parts }: IpsetElement, depth: number, question: Question): Truth {
  if (type === 'list:set') {
    return either(
      parts.map((part) => (part.kind === 'set' ? isIn(part.name, depth + 1, question) : 'maybe')),
    );
  }
  return both(
    parts.map((part, index) => partIs(part, question.ways[index] ?? question.ways[0] ?? 'src', question)),
  );
}

function partIs(part: IpsetPart, way: string, { packet, journey }: Question): Truth {
  if (part.kind === 'range') {
    return way === 'src' ? sourceIs(packet, part.range) : addressIs(packet, journey, part.range);
  }
  if (part.kind !== 'port') return 'maybe';
  const spans = [[part.first, part.last]] as const;
  const protocol = part.protocol === undefined ? 'yes' : is(part.protocol === packet.protocol);
  return both([protocol, way === 'src' ? sourcePortIn(packet, spans) : portIn(journey, spans)]);
}
