import { BLOCK } from '../../door/code-ports.ts';
import { codeDoors } from '../../door/door.ts';
import { Findings } from '../../text/findings.ts';
import { escapeText } from '../../text/quote-text.ts';
import { parseSettings } from '../file/parse-settings.ts';
import type { Section } from '../file/read-sections.ts';
import { type HostFacts, lastEntry, type WrittenDoor } from './written-door.ts';

/** Warns about what lies in a block of code ports: each packet to it may be half of a code. */
export function adviseCodes(
  doors: readonly WrittenDoor[],
  sections: readonly Section[],
  host: HostFacts,
  findings: Findings,
): void {
  for (const { section, spec } of doors) {
    const entry = lastEntry(section, 'Code_Ports');
    const [door] = codeDoors([spec]);
    if (door === undefined || entry?.value === undefined) continue;
    for (const prefix of door.codePorts) {
      const what = inBlock(prefix * BLOCK, doors, sections, host);
      if (what === undefined) continue;
      const block = `the block ${prefix * BLOCK}-${prefix * BLOCK + BLOCK - 1} of codes`;
      const remedy =
        'choose another number, and have users scan their QR codes again (bussa user show NAME --qr)';
      findings.warning(entry.value, 'code-ports', `${what} in ${block}: ${remedy}`);
    }
  }
}

function inBlock(
  first: number,
  doors: readonly WrittenDoor[],
  sections: readonly Section[],
  { serves, localPorts }: HostFacts,
): string | undefined {
  const last = first + BLOCK - 1;
  const isIn = (port: number): boolean => first <= port && port <= last;
  if (localPorts !== undefined && localPorts.first <= last && first <= localPorts.last)
    return 'the local ports of connections (net.ipv4.ip_local_port_range) lie';
  for (const { spec, door } of doors) {
    const knock = door?.sequence.find(({ port }) => isIn(port));
    if (knock !== undefined) return `the knock port ${knock.port} of [${escapeText(spec.name)}] lies`;
    const opened = spec.opening.ports?.find((one) => one.first <= last && first <= one.last);
    if (opened !== undefined) return `a port that [${escapeText(spec.name)}] opens lies`;
  }
  const settings = parseSettings(
    sections.flatMap(({ entries }) => entries),
    new Findings(),
  );
  if (settings.signedPort !== undefined && isIn(settings.signedPort)) return 'Signed_Port lies';
  for (let port = first; port <= last; port++)
    for (const protocol of ['tcp', 'udp'] as const)
      if (serves(protocol, port)) return `a service of this host listens at ${protocol}/${port}, which lies`;
  return undefined;
}
