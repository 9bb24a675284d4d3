import { both, negate, type PlainRule, type RuleAct, type StrangerPacket, type Truth } from './walk-rules.ts';

/** Matches of iptables-extensions(8) that have no condition of their own. */
const NO_CONDITION = new Set(['tcp', 'udp', 'multiport', 'conntrack', 'state', 'comment', 'set']);
const GO_ON = new Set([
  'LOG',
  'NFLOG',
  'MARK',
  'CONNMARK',
  'TRACE',
  'SET',
  'CT',
  'CLASSIFY',
  'TCPMSS',
  'AUDIT',
]);

/** The chains of one table as `iptables -S` lists them, judged for one packet. */
export function readIptables(
  listing: string,
  packet: StrangerPacket,
): { readonly chains: ReadonlyMap<string, PlainRule[]>; readonly policies: ReadonlyMap<string, string> } {
  const chains = new Map<string, PlainRule[]>();
  const policies = new Map<string, string>();
  for (const line of listing.split('\n')) {
    const [command, chain = '', ...words] = splitLine(line);
    if (command === '-P') policies.set(chain, words[0] ?? 'ACCEPT');
    if (command !== '-A') continue;
    const rules = chains.get(chain) ?? [];
    rules.push(readRule(words, packet));
    chains.set(chain, rules);
  }
  return { chains, policies };
}

/** In double quotes, with backslashes, as iptables prints comments. */
function splitLine(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);
}

function readRule(words: readonly string[], packet: StrangerPacket): PlainRule {
  const truths: Truth[] = [];
  let act: RuleAct = { kind: 'none' };
  let not = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '!') {
      not = true;
      continue;
    }
    if (word === '-j' || word === '-g') {
      // What follows is the target's own.
      act = readTarget(word, words[i + 1] ?? '');
      break;
    }
    const value = words[i + 1] ?? '';
    const truth = word === '-m' ? matchTruth(value) : optionTruth(word, value, packet);
    truths.push(not ? negate(truth) : truth);
    not = false;
    i += word === '--match-set' ? 2 : 1;
  }
  return { when: both(truths), act };
}

function readTarget(how: '-j' | '-g', name: string): RuleAct {
  if (how === '-g') return { kind: 'goto', chain: name };
  if (name === 'ACCEPT') return { kind: 'accept' };
  if (name === 'DROP' || name === 'REJECT') return { kind: 'drop' };
  if (name === 'RETURN') return { kind: 'return' };
  return GO_ON.has(name) ? { kind: 'none' } : { kind: 'jump', chain: name };
}

const matchTruth = (name: string): Truth => (NO_CONDITION.has(name) ? 'yes' : 'maybe');

function optionTruth(option: string, value: string, packet: StrangerPacket): Truth {
  switch (option) {
    case '--comment':
      return 'yes';
    case '-p':
      return value === 'all' || value === packet.protocol ? 'yes' : 'no';
    case '-i':
      return interfaceTruth(value, packet.interfaces);
    case '-s':
      return /\/0$/.test(value) ? 'yes' : 'no';
    case '--match-set':
      return 'no';
    case '--dport':
    case '--dports':
      return hasPort(value, packet.port) ? 'yes' : 'no';
    case '--ctstate':
    case '--state':
      return value.split(',').includes(packet.state.toUpperCase()) ? 'yes' : 'no';
    default:
      return 'maybe';
  }
}

/** A name, or the beginning of one with a `+` behind it. */
export function interfaceTruth(name: string, interfaces: readonly string[]): Truth {
  const beginning = /^(.*)[+*]$/.exec(name)?.[1];
  const met = interfaces.filter((one) =>
    beginning === undefined ? one === name : one.startsWith(beginning),
  );
  if (met.length === 0) return 'no';
  return met.length === interfaces.length ? 'yes' : 'maybe';
}

function hasPort(list: string, port: number): boolean {
  return list.split(',').some((range) => {
    const [first = '', last = first] = range.split(':');
    return port >= Number(first) && port <= Number(last === '' ? 65_535 : last);
  });
}
