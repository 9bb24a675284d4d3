import {
  ANY_FLAGS,
  type FlagRule,
  parseTcpFlagName,
  TCP_FLAG,
  type TcpFlagName,
  withFlag,
} from '../../net/tcp-flags.ts';
import type { Findings } from '../../text/findings.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { quoteText } from '../../text/quote-text.ts';
import { sliceWord, splitWord, trimWord, type Word } from '../../text/word.ts';

const NAMES = Object.keys(TCP_FLAG);
const REMEDY = `flags are ${NAMES.join(', ')}, separated by commas, each with "!" before it if it must not be set`;

/** Parses `syn,!ack` as a rule for a packet's flags. */
export function parseFlags(list: Word, findings: Findings): FlagRule {
  let rule = ANY_FLAGS;
  for (const word of splitWord(list, ',')) {
    const wanted = !word.text.startsWith('!');
    const name = parseFlag(wanted ? word : trimWord(sliceWord(word, 1)), word, findings);
    if (name === undefined) continue;
    if (contradicts(rule, name, wanted)) {
      findings.error(
        word,
        `${name} is required both set and not set: no packet has both, remove one of them`,
      );
    }
    rule = withFlag(rule, name, wanted);
  }
  return rule;
}

/** Combines two rules; the later one wins for each flag. */
export function mergeFlagRules(earlier: FlagRule, later: FlagRule): FlagRule {
  return { mask: earlier.mask | later.mask, value: (earlier.value & ~later.mask) | later.value };
}

function parseFlag(word: Word, at: Word, findings: Findings): TcpFlagName | undefined {
  const name = parseTcpFlagName(word.text);
  if (name !== undefined) return name;
  if (word.text === '') {
    findings.error(at, `a flag is missing: ${REMEDY}`);
  } else {
    const near = nearestWord(word.text, NAMES);
    const guess = near === undefined ? '' : `did you mean ${near}? `;
    findings.error(at, `unknown flag ${quoteText(word.text)}: ${guess}${REMEDY}`);
  }
  return undefined;
}

function contradicts(rule: FlagRule, name: TcpFlagName, wanted: boolean): boolean {
  const bit = TCP_FLAG[name];
  return (rule.mask & bit) !== 0 && ((rule.value & bit) !== 0) !== wanted;
}
