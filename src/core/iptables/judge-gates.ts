import { type PortOpening, portsOn, renderPortOpening } from '../door/port-opening.ts';
import type { GatePorts } from './gate-rules.ts';
import { judgeEstablished } from './judge-established.ts';
import type { OwnPart } from './read-rules.ts';

const HOOKS = { input: 'INPUT', forward: 'FORWARD' } as const;

/** How the owner's rules judge established connections to the gates' ports: the same text for the same judgement. */
export function judgeGates(gates: readonly GatePorts[], { owner }: OwnPart): string {
  const judged = openingsOf(gates).map((opening) => [
    renderPortOpening(opening),
    judgeEstablished(owner, opening, HOOKS[opening.path]).map(({ condition, verdict }) => [
      verdict,
      [...condition],
    ]),
  ]);
  return JSON.stringify(judged);
}

/** The ports to which the owner's rules end established connections, in words. */
export function endedPorts(gates: readonly GatePorts[], { owner }: OwnPart): string[] {
  const ended = openingsOf(gates).filter(
    (opening) =>
      opening.path === 'input' &&
      judgeEstablished(owner, opening, 'INPUT').some(({ verdict }) => verdict === 'ended'),
  );
  return [...new Set(ended.map(renderPortOpening))];
}

function openingsOf(gates: readonly GatePorts[]): PortOpening[] {
  const ports = gates.flatMap((gate) => gate.ports);
  return (['input', 'forward'] as const).flatMap((path) => portsOn(ports, path));
}
