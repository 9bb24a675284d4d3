import { randomInt } from 'node:crypto';
import { drawCodePorts } from '../../core/code/draw-code-ports.ts';
import { addCodePorts, addSignedPort } from '../../core/config/file/edit-config.ts';
import { parseConfig } from '../../core/config/file/parse-config.ts';
import { BLOCK, type CodePorts } from '../../core/door/code-ports.ts';
import { userProofs } from '../../core/door/door.ts';
import { drawSequence } from '../../core/door/draw-sequence.ts';
import { readEphemeralPorts, readServedBy } from '../../host/ports/host-ports.ts';
import type { AuthorityTexts } from './authority-texts.ts';

/** `knockd.conf` with the ports that its doors still need for their proofs. A string says why there are none. */
export function addPorts(bytes: Uint8Array, texts: AuthorityTexts): Uint8Array | string {
  const drawn: CodePorts[] = [];
  let isOut = false;
  const complete = addCodePorts(bytes, () => {
    const ports = drawCodes(texts, drawn);
    isOut ||= ports === undefined;
    drawn.push(ports ?? [1, 2]);
    return ports ?? [1, 2];
  });
  if (isOut) return noRoom('two blocks of ports for codes', 'write code_ports = 17, 23 into the door');
  if (!needsSignedPort(complete)) return complete;
  const port = drawPort(texts, drawn);
  if (port === undefined) return noRoom('a UDP port for signed knocks', 'set Signed_Port in [options]');
  return addSignedPort(complete, port);
}

/** The ports of the host's own connections are what leaves no room: 20 blocks and 28,000 ports are more than doors use. */
function noRoom(what: string, choice: string): string {
  const { first, last } = readEphemeralPorts();
  const cause = `net.ipv4.ip_local_port_range, ${first} to ${last}, leaves no room for ${what}`;
  return `${cause}: set it to 32768 60999 (sysctl), or choose yourself: ${choice}`;
}

/** The missing port must be the only mistake: everything else has been judged. */
function needsSignedPort(bytes: Uint8Array): boolean {
  const trial = parseConfig('', addSignedPort(bytes, 1));
  return trial.kind === 'bad' || trial.config.doors.some((door) => userProofs(door).includes('key'));
}

/** A port that no service uses, no door knows, and none of the host's own connections takes. */
function drawPort(texts: AuthorityTexts, drawn: readonly CodePorts[]): number | undefined {
  if (texts.config.settings.signedPort !== undefined) return texts.config.settings.signedPort;
  const { first, last } = readEphemeralPorts();
  const avoid = usedPorts(texts);
  for (let port = first; port <= last; port++) avoid.add(port);
  for (const prefix of [...codePortsOf(texts), ...drawn].flat())
    for (let port = prefix * BLOCK; port < (prefix + 1) * BLOCK; port++) avoid.add(port);
  return drawSequence({ knocks: 1, avoid, draw: (limit) => randomInt(limit) })?.[0].port;
}

function drawCodes(texts: AuthorityTexts, drawn: readonly CodePorts[]): CodePorts | undefined {
  return drawCodePorts({
    used: usedPorts(texts),
    local: readEphemeralPorts(),
    others: [...codePortsOf(texts), ...drawn],
    draw: (limit) => randomInt(limit),
  });
}

const codePortsOf = ({ config }: AuthorityTexts): readonly CodePorts[] =>
  config.doors.flatMap(({ codePorts }) => (codePorts === undefined ? [] : [codePorts]));

/** Ports of services, of doors, and of signed knocks. */
function usedPorts({ config: { settings, doors } }: AuthorityTexts): Set<number> {
  const used = new Set<number>([...readServedBy('udp'), ...readServedBy('tcp')]);
  if (settings.signedPort !== undefined) used.add(settings.signedPort);
  for (const { sequenceSource, opening } of doors) {
    if (sequenceSource.kind === 'fixed') for (const { port } of sequenceSource.sequence) used.add(port);
    for (const { first, last } of opening.ports ?? [])
      for (let port: number = first; port <= last; port++) used.add(port);
  }
  return used;
}
