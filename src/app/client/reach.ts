import { canKnock } from '../../core/client/profile.ts';
import { millis } from '../../core/net/time.ts';
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

/** The kernel asks three times, one second apart, who has an address on its link: nobody is no silence of a firewall. */
const HEAD_START = millis(3500);

/**
 * Knocks until the port is open, at the host's addresses, IPv6 and IPv4 alike: whoever knocks over one is let in over that
 * one. `tell` hears of each step before it is done.
 */
export async function reach(order: ReachRequest, tell: (line: string) => void): Promise<Reached> {
  const { profile } = order;
  const deadline = performance.now() + profile.timeout;
  const resolved = await resolveAll(profile.hostName, profile.family, profile.timeout);
  if ('kind' in resolved) {
    const reason = resolved.kind === 'failed' ? resolved.reason : `no answer in ${profile.timeout / 1000} s`;
    return { kind: 'unresolved', reason: `cannot resolve host '${profile.hostName}': ${reason}` };
  }
  const trails: AddressResult[] = resolved.map((to) => ({
    ...{ to, knocked: 0, isHeard: false, notSent: [] },
    isOtherFamily: to.family !== resolved[0]?.family,
  }));
  const knocks = canKnock(profile) && hasMeans(order);
  const found =
    (order.ask === 'before' || !knocks ? await ask(order, trails, deadline, tell) : undefined) ??
    (knocks ? await knockInRounds(order, trails, deadline, tell) : undefined);
  return found === undefined ? { kind: 'closed', trails } : { kind: 'open', ...found, trails };
}

/** A code that nobody has typed is nothing to knock with. */
const hasMeans = ({ profile: { knock, card, spa }, code }: ReachRequest): boolean =>
  [knock, card, spa, code].some((means) => means !== undefined);

/** Before a knock; with nothing to knock, for as long as there is time. */
async function ask(
  { profile, port }: ReachRequest,
  trails: readonly AddressResult[],
  deadline: number,
  tell: (line: string) => void,
): Promise<Found | undefined> {
  for (const [i, trail] of trails.entries()) {
    const fair = timeLeft(deadline) / (trails.length - i);
    const patience = !canKnock(profile) ? fair : Math.min(HEAD_START, fair);
    tell(`asking ${renderPlace(trail.to, port)}`);
    const answer = await firstConnection(trail.to, port, [millis(0)], millis(patience));
    trail.before = withoutSocket(answer);
    if (answer.kind === 'open') return { socket: answer.socket, trail };
    // It is closed as it should be.
    if (canKnock(profile) && (answer.kind === 'silent' || answer.kind === 'refused')) break;
  }
  return undefined;
}
