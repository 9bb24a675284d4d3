import type { PortOpening } from '../door/port-opening.ts';
import { FIRST_SEGMENT, type Rule } from './rule.ts';

export function matchPort(opening: PortOpening): Rule {
  const { protocol } = opening;
  return opening.path === 'input'
    ? ['-p', protocol, '-m', protocol, '--dport', portWords(opening)]
    : ['-p', protocol, '-m', 'conntrack', '--ctorigdstport', portWords(opening), '--ctdir', 'ORIGINAL'];
}

/** What could begin a connection: TCP's first segment, or any datagram of no known exchange. */
export function matchNewcomer(opening: PortOpening): Rule {
  const flags = opening.path === 'input' ? FIRST_SEGMENT : (['-m', 'tcp', ...FIRST_SEGMENT] as const);
  return opening.protocol === 'tcp' ? [...matchPort(opening), ...flags] : matchPort(opening);
}

export function portWords({ first, last }: PortOpening): string {
  return first === last ? `${first}` : `${first}:${last}`;
}

export function distinct(openings: readonly PortOpening[]): PortOpening[] {
  return [...new Map(openings.map((one) => [keyOf(one), one])).values()];
}

export function keyOf(opening: PortOpening): string {
  return `${opening.protocol} ${portWords(opening)}`;
}
