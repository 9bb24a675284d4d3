import { type PortOpening, parsePortOpening, renderPortOpening } from '../../door/port-opening.ts';
import { MAX_PORT, parsePort } from '../../net/port.ts';
import { parseProtocol } from '../../net/protocol.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';

/** More ports of one door can be written as ranges. Limits the comparisons for overlaps. */
export const MAX_PORT_OPENINGS = 1_024;

const FORM = 'write tcp/22, udp/51820, a range tcp/8000-8010, or tcp/8080 forward';

/** `tcp/22, udp/8000-8010, tcp/8080 forward`, after the door's `earlier` ones. Every bad one is a finding. */
export function parsePorts(
  list: Word,
  earlier: readonly PortOpening[],
  findings: Findings,
): readonly PortOpening[] {
  const ports = [...earlier];
  for (const word of splitWord(list, ',', MAX_PORT_OPENINGS + 1)) {
    if (ports.length === MAX_PORT_OPENINGS) {
      findings.error(
        word,
        `a door opens at most ${MAX_PORT_OPENINGS} ports or ranges: combine them into ranges`,
      );
      break;
    }
    const opening = parsePortOpening(normalForm(word.text));
    if (opening === undefined) findings.error(word, mistakeOf(word.text));
    else if (judgeOverlap(opening, ports, word, findings)) ports.push(opening);
  }
  return ports;
}

function normalForm(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[ \t]*([/-])[ \t]*/g, '$1')
    .replace(/[ \t]+forward$/, ' forward');
}

function judgeOverlap(
  opening: PortOpening,
  earlier: readonly PortOpening[],
  word: Word,
  findings: Findings,
): boolean {
  const { protocol, path, first, last } = opening;
  const other = earlier.find(
    (each) => each.protocol === protocol && each.path === path && each.first <= last && each.last >= first,
  );
  if (other === undefined) return true;
  const shown = `${quoteText(word.text)} is already opened by ${renderPortOpening(other)}`;
  findings.error(word, `${shown}: name each port of a door once`);
  return false;
}

function mistakeOf(text: string): string {
  if (text === '') return `a port is missing: ${FORM}`;
  const shown = quoteText(text);
  const turned = protocolFirst(text);
  if (turned !== undefined)
    return `${shown} is not a port to open: the protocol comes first, write ${turned}`;
  const [, protocol, first, last, path] =
    /^([^/]*)\/([^ \t-]*)(?:-([^ \t]*))?(?:[ \t](.*))?$/.exec(normalForm(text)) ?? [];
  if (protocol === undefined || first === undefined) return `${shown} is not a port to open: ${FORM}`;
  if (parseProtocol(protocol) === undefined) {
    return `unknown protocol ${quoteText(protocol)} in ${shown}: it is tcp or udp`;
  }
  const wrong = [first, last].find((each) => each !== undefined && parsePort(each) === undefined);
  if (wrong !== undefined) {
    return `${quoteText(wrong)} in ${shown} is not a port: a port is a number from 1 to ${MAX_PORT}`;
  }
  if (path !== undefined && path !== 'forward') {
    return `${quoteText(path)} in ${shown} is unknown: write forward, or nothing for this host itself`;
  }
  return `the range ${shown} runs backwards: write ${protocol}/${last}-${first}`;
}

/** The probable meaning of `22`, `22/tcp` or `22:tcp`, as sequences and other programs write it. */
function protocolFirst(text: string): string | undefined {
  const [, numbers = '', protocol = 'tcp'] = /^([0-9-]+)(?:[/:](tcp|udp))?$/i.exec(text) ?? [];
  const arePorts = numbers.split('-').every((each) => parsePort(each) !== undefined);
  return arePorts ? `${protocol.toLowerCase()}/${numbers}` : undefined;
}
