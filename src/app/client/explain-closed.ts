import { canKnock } from '../../core/client/profile.ts';
import { renderDestination } from '../../host/network/destination.ts';
import type { AddressResult, Answer, ReachRequest } from './address-result.ts';
import { explainSigned } from './explain-signed.ts';

/** Why the port could not be reached, one line per address. */
export function explainClosed(
  { profile, port }: Pick<ReachRequest, 'profile' | 'port'>,
  results: readonly AddressResult[],
): string[] {
  const remedy =
    profile.knock === undefined ? [] : [`to find out more: bussa doctor --from-client ${profile.name}`];
  return [...new Set([...results.flatMap((result) => explainTrail(profile, port, result)), ...remedy])];
}

/** fwknopd never answers, whether it accepts a packet or not. */
const SPA_HINT =
  'fwknopd never answers: its log on the server says why it refused, such as another key, HMAC or mode, a clock that is off by more than 120 s, or a port that it may not open';

function explainTrail(profile: ReachRequest['profile'], port: number, result: AddressResult): string[] {
  const where = `port ${port} of ${renderDestination(result.to)}`;
  if (!canKnock(profile)) {
    return [
      `${where} ${renderAnswer(result.before)}, and no profile of this host has a Knock, a Card, CodePorts or a Spa: add a Knock to hosts.conf (man bussa_hosts), or a card with bussa host add ${profile.name} CARD`,
    ];
  }
  const signed = result.signed === undefined ? [] : [explainSigned(result.signed)];
  if (result.notSent.length > 0) return [...signed, ...new Set(result.notSent)];
  if (result.knocked === 0) {
    return signed.length > 0
      ? signed
      : [`there was no time left to knock at ${renderDestination(result.to)}`];
  }
  const times = result.knocked === 1 ? 'a knock' : `${result.knocked} knocks`;
  const asked = profile.spa === undefined ? [] : [SPA_HINT];
  return [...signed, `${where} ${renderAnswer(result.after)} after ${times}`, ...asked];
}

/** Ends a sentence about a port. */
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
