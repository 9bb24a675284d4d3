import { renderDestination } from '../../host/network/destination.ts';
import type { Answer, ReachRequest, Trail } from './trail.ts';

/** Why the port could not be reached, one line an address. */
export function explainClosed({ profile, port }: ReachRequest, trails: readonly Trail[]): string[] {
  const remedy =
    profile.knock === undefined ? [] : [`to find out more: bussa doctor --from-client ${profile.name}`];
  return [...trails.flatMap((trail) => explainTrail(profile, port, trail)), ...remedy];
}

function explainTrail({ knock }: ReachRequest['profile'], port: number, trail: Trail): string[] {
  const where = `port ${port} of ${renderDestination(trail.to)}`;
  if (knock === undefined) {
    return [`${where} ${renderAnswer(trail.before)}, and no profile of this host has a Knock`];
  }
  if (trail.notSent.length > 0) return [...new Set(trail.notSent)];
  if (trail.knocked === 0) return [`there was no time left to knock at ${renderDestination(trail.to)}`];
  const times = trail.knocked === 1 ? 'a knock' : `${trail.knocked} knocks`;
  return [`${where} ${renderAnswer(trail.after)} after ${times}`];
}

/** As the end of a sentence about a port. */
export function renderAnswer(answer: Answer | undefined): string {
  switch (answer?.kind) {
    case undefined:
      return 'was not tried';
    case 'open':
      return 'is open';
    case 'refused':
      return 'refuses (a TCP reset came back)';
    case 'unreachable':
      return `cannot be reached (${answer.code}: no route here, or an ICMP message came back)`;
    case 'not-sent':
      return `cannot be tried from here (${answer.code})`;
    case 'silent':
      return 'does not answer';
  }
}
