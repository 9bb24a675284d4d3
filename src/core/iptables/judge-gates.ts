import { type PortOpening, portsOn, renderPortOpening } from '../door/port-opening.ts';
import type { GatePorts } from './gate-rules.ts';
import { type Judgement, judgeEstablished } from './judge-established.ts';
import type { OwnPart } from './read-rules.ts';

const HOOKS = { input: 'INPUT', forward: 'FORWARD' } as const;

/** How the owner's rules treat established connections to the gates' ports: equal texts mean equal treatment. */
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

/**
 * The ports, in words, at which the owner's rules end established connections, with the exceptions that a rule accepts
 * before.
 */
export function endedPorts(gates: readonly GatePorts[], { owner }: OwnPart): string[] {
  const ended = openingsOf(gates).flatMap((opening) => {
    if (opening.path !== 'input') return [];
    const judged = judgeEstablished(owner, opening, 'INPUT');
    const end = judged.findIndex(({ verdict }) => verdict === 'ended');
    if (end < 0) return [];
    return [renderPortOpening(opening) + renderExceptions(judged.slice(0, end))];
  });
  return [...new Set(ended)];
}

function renderExceptions(judged: readonly Judgement[]): string {
  const matches = judged.map(({ condition }) =>
    [...condition].map(([key, { not, word }]) => `${not ? '! ' : ''}${key} ${word}`).join(' '),
  );
  return matches.length === 0 ? '' : ` (except those that match ${matches.join(', or ')})`;
}

function openingsOf(gates: readonly GatePorts[]): PortOpening[] {
  const ports = gates.flatMap((gate) => gate.ports);
  return (['input', 'forward'] as const).flatMap((path) => portsOn(ports, path));
}
