import { canKnock } from '../../core/client/profile.ts';
import { millis } from '../../core/net/time.ts';
import { monotonicMs } from '../../host/clock/monotonic.ts';
import { firstConnection } from '../../host/network/first-connection.ts';
import { resolveAll } from '../../host/network/resolve-host.ts';
import {
  type AddressResult,
  type Found,
  type Reached,
  type ReachRequest,
  renderPlace,
  timeLeft,
  withoutSocket,
} from './address-result.ts';
import { knockInRounds } from './knock-rounds.ts';

/**
 * The kernel sends three ARP or neighbour requests, one second apart. An address that nobody has differs from a silent
 * firewall.
 */
const HEAD_START = millis(3500);

/**
 * Knocks until the port is open, at the host's IPv6 and IPv4 addresses: a door opens for the address that knocked.
 * `onStep` is called before each step.
 */
export async function reach(request: ReachRequest, onStep: (line: string) => void): Promise<Reached> {
  const { profile } = request;
  const deadline = monotonicMs() + profile.timeout;
  const resolved = await resolveAll(profile.hostName, profile.family, profile.timeout);
  if ('kind' in resolved) {
    const reason = resolved.kind === 'failed' ? resolved.reason : `no answer in ${profile.timeout / 1000} s`;
    return { kind: 'unresolved', reason: `cannot resolve host '${profile.hostName}': ${reason}` };
  }
  const results: AddressResult[] = resolved.map((to) => ({
    ...{ to, knocked: 0, isHeard: false, notSent: [] },
    isOtherFamily: to.family !== resolved[0]?.family,
  }));
  const knocks = canKnock(profile) && hasMeans(request);
  const found =
    (request.ask === 'before' || !knocks ? await ask(request, results, deadline, onStep) : undefined) ??
    (knocks ? await knockInRounds(request, results, deadline, onStep) : undefined);
  return found === undefined ? { kind: 'closed', results } : { kind: 'open', ...found, results };
}

/** Without a code typed by the user, a code profile has no proof. */
const hasMeans = ({ profile: { knock, card, spa }, code }: ReachRequest): boolean =>
  [knock, card, spa, code].some((means) => means !== undefined);

/** Checks the port before any knock. Without a proof, keeps checking while there is time. */
async function ask(
  { profile, port }: ReachRequest,
  results: readonly AddressResult[],
  deadline: number,
  onStep: (line: string) => void,
): Promise<Found | undefined> {
  for (const [i, result] of results.entries()) {
    const fair = timeLeft(deadline) / (results.length - i);
    const patience = !canKnock(profile) ? fair : Math.min(HEAD_START, fair);
    onStep(`asking ${renderPlace(result.to, port)}`);
    const answer = await firstConnection(result.to, port, [millis(0)], millis(patience));
    result.before = withoutSocket(answer);
    if (answer.kind === 'open') return { socket: answer.socket, result };
    // The port is closed, as expected.
    if (canKnock(profile) && (answer.kind === 'silent' || answer.kind === 'refused')) break;
  }
  return undefined;
}
