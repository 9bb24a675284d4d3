import { MAX_SEQUENCE_LENGTH, type Sequence, type SequenceStep } from '../../door/sequence.ts';
import { MAX_PORT, type Port, parsePort } from '../../net/port.ts';
import { type Protocol, parseProtocol } from '../../net/protocol.ts';
import type { Findings } from '../../text/findings.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { quoteText } from '../../text/quote-text.ts';
import { sliceWord, splitWord, trimWord, type Word } from '../../text/word.ts';
import { portListHint } from './port-list-hint.ts';

const RANGE = `a port is a number from 1 to ${MAX_PORT}`;

/** `7000,8000:udp, 9000:TCP`; every bad step of it is a finding. */
export function parseSequence(list: Word, findings: Findings): Sequence | undefined {
  if (list.text === '') {
    findings.error(list, 'the sequence is empty: it takes at least one port, as in 7000,8000:udp,9000');
    return undefined;
  }
  const words = splitWord(list, ',', MAX_SEQUENCE_LENGTH + 1);
  const excess = words[MAX_SEQUENCE_LENGTH];
  if (excess !== undefined) {
    findings.error(excess, `the sequence is too long: it may have ${MAX_SEQUENCE_LENGTH} ports at most`);
    return undefined;
  }
  const steps = words.map((word) => parseStep(word, findings));
  const [first, ...rest] = steps.filter((step) => step !== undefined);
  return first !== undefined && rest.length + 1 === words.length ? [first, ...rest] : undefined;
}

/** `7000`, `8000:udp`. */
export function parseStep(
  word: Word,
  findings: Findings,
  separator: 'blanks' | 'commas' = 'commas',
): SequenceStep | undefined {
  if (word.text === '') {
    findings.error(word, `a port is missing: put one here or remove the comma, ${RANGE}`);
    return undefined;
  }
  const hint = portListHint(word.text, separator);
  if (hint !== undefined) {
    findings.error(word, `${quoteText(word.text)} is not a port: ${hint}`);
    return undefined;
  }
  const colon = word.text.indexOf(':');
  const port = parseStepPort(colon < 0 ? word : trimWord(sliceWord(word, 0, colon)), findings);
  const protocol = colon < 0 ? 'tcp' : parseStepProtocol(trimWord(sliceWord(word, colon + 1)), findings);
  return port === undefined || protocol === undefined ? undefined : { protocol, port };
}

function parseStepPort(word: Word, findings: Findings): Port | undefined {
  const port = parsePort(word.text);
  if (port !== undefined) return port;
  if (word.text === '') {
    findings.error(word, `a port is missing before ":": ${RANGE}`);
  } else {
    findings.error(word, `${quoteText(word.text)} is not a port: ${RANGE}`);
  }
  return undefined;
}

function parseStepProtocol(word: Word, findings: Findings): Protocol | undefined {
  const protocol = parseProtocol(word.text);
  if (protocol !== undefined) return protocol;
  if (word.text === '') {
    findings.error(word, 'a protocol is missing after ":": write :tcp or :udp, or nothing for tcp');
  } else {
    const near = nearestWord(word.text, ['tcp', 'udp']);
    const guess = near === undefined ? '' : `did you mean ${near}? `;
    findings.error(word, `unknown protocol ${quoteText(word.text)}: ${guess}it is tcp or udp`);
  }
  return undefined;
}
