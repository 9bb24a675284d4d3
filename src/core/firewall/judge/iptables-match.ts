import type { Family } from '../../net/address.ts';
import type { IpsetContents } from './ipset.ts';
import { MATCHES, OWN_FIELDS } from './iptables-matches.ts';
import type { RulePlace } from './journey.ts';
import type { MatchAround, MatchOption, MatchReader, Word } from './match-reader.ts';
import type { Test } from './ruleset.ts';
import { both, negateIf, type Truth } from './truth.ts';

export type ReadMatch = {
  readonly test: Test;
  /** Number of its words. */
  readonly used: number;
  readonly port?: RulePlace['scope'];
  /** The list to which it adds the stranger. */
  readonly touches?: string;
};

const UNKNOWN: Test = () => 'maybe';

/** `name`: of `-m NAME`; '' for a field of the packet itself, as in `! -s 10.0.0.0/8`. */
export function readMatch(
  name: string,
  words: readonly Word[],
  family: Family,
  sets: IpsetContents,
): ReadMatch {
  const reader = name === '' ? OWN_FIELDS : MATCHES[name];
  const options: MatchOption[] = [];
  let at = 0;
  let isKnown = reader !== undefined;
  while (at < words.length && !endsMatch(words[at])) {
    const not = words[at]?.text === '!' && words[at]?.quoted === false;
    const option = words[at + (not ? 1 : 0)]?.text ?? '';
    const arity = reader?.options[option]?.arity;
    const begin = at + (not ? 2 : 1);
    if (arity === undefined) {
      isKnown = false;
      at = begin;
      if (name === '') break;
      continue;
    }
    options.push({ not, name: option, args: words.slice(begin, begin + arity).map(({ text }) => text) });
    at = begin + arity;
    if (name === '') break;
  }
  const used = Math.max(at, 0);
  if (!isKnown || reader === undefined) return { test: UNKNOWN, used };
  const around = { family, sets, options };
  return {
    test: reader.whole?.(around) ?? allOf(reader, around),
    used,
    ...portOf(options),
    ...touchesOf(name, options),
  };
}

function endsMatch(word: Word | undefined): boolean {
  return word?.quoted === false && ['-m', '-j', '-g'].includes(word.text);
}

function allOf({ options: readers }: MatchReader, around: MatchAround): Test {
  const tests = around.options.map(({ not, name, args }): Test => {
    const test = readers[name]?.read?.(args, around) ?? UNKNOWN;
    return (packet, journey) => negateIf(not, test(packet, journey));
  });
  return (packet, journey): Truth => both(tests.map((test) => test(packet, journey)));
}

function portOf(options: readonly MatchOption[]): Pick<ReadMatch, 'port'> {
  const asked = options.find(({ name }) => /^--(?:dports?|destination-ports?|ports)$/.test(name));
  if (asked === undefined) return {};
  return { port: !asked.not && /^[0-9]+$/.test(asked.args[0] ?? '') ? 'port' : 'ports' };
}

function touchesOf(name: string, options: readonly MatchOption[]): Pick<ReadMatch, 'touches'> {
  if (name !== 'recent' || !options.some((one) => one.name === '--set')) return {};
  return { touches: `recent ${options.find((one) => one.name === '--name')?.args[0] ?? 'DEFAULT'}` };
}
