import type { PortOpening } from '../door/port-opening.ts';
import type { RuleOption } from './rule-line.ts';

export type Hook = 'INPUT' | 'FORWARD';

/** The packets of an established connection that a rule concerns: all entries must apply; empty: all packets. */
export type Condition = ReadonlyMap<
  '-s' | '-d' | '-i' | '-o',
  { readonly not: boolean; readonly word: string }
>;

/** `never`: no such packet; `unclear`: some, which no condition can describe. */
export type Matched = Condition | 'never' | 'unclear';

export const ALWAYS: Condition = new Map();

/** The packets of established connections to these ports, except first TCP segments, that match all options. */
export function matchEstablished(options: readonly RuleOption[], opening: PortOpening, hook: Hook): Matched {
  let matched: Matched = ALWAYS;
  for (const option of options) matched = both(matched, matchOption(option, opening, hook));
  return matched;
}

export function both(a: Matched, b: Matched): Matched {
  if (a === 'never' || b === 'never') return 'never';
  if (a === 'unclear' || b === 'unclear') return 'unclear';
  const joined = new Map(a);
  for (const [key, one] of b) {
    const other = joined.get(key);
    const kept = other === undefined ? one : bothOfOne(other, one);
    if (typeof kept === 'string') return kept;
    joined.set(key, kept);
  }
  return joined;
}

type Asked = { readonly not: boolean; readonly word: string };

function bothOfOne(a: Asked, b: Asked): Asked | 'never' | 'unclear' {
  if (a.word === b.word) return a.not === b.not ? a : 'never';
  // One name may stand for many (`eth+`), and one prefix may contain another.
  if (/[+/]/.test(a.word) || /[+/]/.test(b.word)) return 'unclear';
  if (a.not && b.not) return 'unclear';
  if (!a.not && !b.not) return 'never';
  return a.not ? b : a;
}

/** The packets of `whole` that are not in `part`, which is stricter. */
export function allBut(part: Condition, whole: Condition): Matched {
  const [[key, asked] = [], ...others] = [...part].filter(([one]) => !whole.has(one));
  if (key === undefined || asked === undefined || others.length > 0) return 'unclear';
  return new Map([[key, { not: !asked.not, word: asked.word }]]);
}

function matchOption({ not, name, words }: RuleOption, opening: PortOpening, hook: Hook): Matched {
  const word = words.join(' ');
  switch (name) {
    case '-i':
    case '-o':
      // What the host sends itself has already passed Bussa's chain.
      if (name === '-i' && word === 'lo' && hook === 'INPUT') return is(not);
      return new Map([[name, { not, word }]]);
    case '-s':
    case '-d':
      return new Map([[name, { not, word }]]);
    case '-m':
      return KNOWN_MATCHES.has(word) ? ALWAYS : 'unclear';
    case '-p':
      return is((word === opening.protocol || word === 'all') !== not);
    case '--dport':
    case '--dports':
      return hook === 'INPUT' ? matchPorts(word, opening, not) : 'unclear';
    case '--ctorigdstport':
      return hook === 'FORWARD' ? matchPorts(word, opening, not) : 'unclear';
    case '--ctstate':
    case '--state':
      return matchState(word.split(','), opening, not);
    case '--tcp-flags':
      return matchFlags(words, not);
    case '--dst-type':
      return word === 'LOCAL' && hook === 'INPUT' ? is(!not) : 'unclear';
    default:
      return 'unclear';
  }
}

const is = (so: boolean): Matched => (so ? ALWAYS : 'never');

/** Modules whose options are evaluated themselves. */
const KNOWN_MATCHES = new Set(['tcp', 'udp', 'multiport', 'conntrack', 'state', 'comment', 'addrtype']);

/** `22`, `8000:8010`, `22,80,8000:8010`. */
function matchPorts(text: string, { first, last }: PortOpening, not: boolean): Matched {
  const ranges = text.split(',').map((range) => range.split(':').map(Number));
  const isIn = ranges.some(([from = 0, to = from]) => from <= first && last <= to);
  const isOut = ranges.every(([from = 0, to = from]) => last < from || to < first);
  if (!isIn && !isOut) return 'unclear';
  return is(isIn !== not);
}

/** DNAT is listed as a state but is none: packets that a forward door closes have been translated. */
function matchState(states: readonly string[], { path }: PortOpening, not: boolean): Matched {
  if (states.includes('ESTABLISHED') || (path === 'forward' && states.includes('DNAT'))) return is(!not);
  return states.includes('DNAT') || states.includes('SNAT') ? 'unclear' : is(not);
}

/** A segment in the middle of a connection has ACK set and SYN not; the other flags are unknown. */
function matchFlags([mask = '', set = '']: readonly string[], not: boolean): Matched {
  const asked = mask.split(',');
  const wanted = set.split(',');
  const isWrong =
    (asked.includes('SYN') && wanted.includes('SYN')) || (asked.includes('ACK') && !wanted.includes('ACK'));
  if (isWrong || mask === 'ALL') return isWrong || !wanted.includes('ACK') ? is(not) : 'unclear';
  return asked.every((flag) => flag === 'SYN' || flag === 'ACK') ? is(!not) : 'unclear';
}
