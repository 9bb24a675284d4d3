import { setTimeout as sleep } from 'node:timers/promises';
import { type Millis, millis } from '../../core/net/time.ts';
import { isRefusal } from '../../core/signed/knock-reply.ts';
import { type AddressResult, type Found, type ReachRequest, type Round, timeLeft } from './address-result.ts';
import type { Identity } from './identity.ts';
import { knockAndWait } from './knock-and-wait.ts';
import { needsTouch } from './needs-touch.ts';
import type { PreparedSpa } from './prepare-spa.ts';

/** How long the port is asked after the first knock; each time twice as long. */
const FIRST_PATIENCE = millis(1500);
/** The same after a signed knock, which is one packet, and answered. */
const SIGNED_PATIENCE = millis(500);
const MAX_PATIENCE = millis(12_000);

/** An address from which nothing has come back so long after its knocks gets company by the next one (RFC 8305, § 5). */
const HEAD_START_MS = 250;

/** Knocks at all addresses, and again with growing patience. */
export async function knockInRounds(
  order: ReachRequest,
  trails: readonly AddressResult[],
  deadline: number,
  tell: (line: string) => void,
): Promise<Found | undefined> {
  const identities = await identitiesFor(order, trails);
  const spa = await spaFor(order, trails, deadline);
  let patience = identities.length > 0 ? signedPatience(identities) : FIRST_PATIENCE;
  // A server says nothing to a key that it does not know: each key has its turn before any is retried.
  const others = Math.max(0, identities.length - 1);
  for (let round = 0; round <= others + order.profile.retries && timeLeft(deadline) > 0; round++) {
    const identity = identities[round % identities.length];
    const means = { ...(identity === undefined ? {} : { identity }), ...(spa === undefined ? {} : { spa }) };
    const found = await knockOnce({ ...order, round, patience, deadline, tell, ...means }, trails);
    if (found !== undefined) return found;
    // A retry will not leave either, nor be let in.
    if (trails.every(({ knocked }) => knocked === 0) || isHopeless(order, trails, identities)) break;
    if (round >= others) patience = millis(Math.min(2 * patience, MAX_PATIENCE));
  }
  return undefined;
}

/** Whoever has to touch a token is not asked again so soon. */
const signedPatience = (identities: readonly Identity[]): Millis =>
  identities.some(needsTouch) ? FIRST_PATIENCE : SIGNED_PATIENCE;

/** None without a card, or with a reason that each address is told. */
async function identitiesFor(
  { profile }: ReachRequest,
  trails: readonly AddressResult[],
): Promise<readonly Identity[]> {
  if (profile.card === undefined) return [];
  // Loaded only for who has a card.
  const { findIdentities } = await import('./identity.ts');
  const found = await findIdentities(profile);
  if (found.kind === 'found') return found.identities;
  for (const trail of trails) trail.signed = { kind: 'not-sent', reason: found.reason };
  return [];
}

/** None without a Spa, or with reasons that each address is told. */
async function spaFor(
  { profile }: ReachRequest,
  trails: readonly AddressResult[],
  deadline: number,
): Promise<PreparedSpa | undefined> {
  if (profile.spa === undefined) return undefined;
  // Loaded only for who has one.
  const { prepareSpa } = await import('./prepare-spa.ts');
  const prepared = await prepareSpa(profile, timeLeft(deadline));
  if (prepared.kind === 'ready') return prepared;
  for (const { notSent } of trails) notSent.push(...prepared.reasons);
  return undefined;
}

/** The server has said no to the only key, and there is nothing else to knock with. */
function isHopeless(
  { profile, code }: ReachRequest,
  trails: readonly AddressResult[],
  identities: readonly Identity[],
): boolean {
  const hasOther = [profile.knock, profile.spa, code].some((means) => means !== undefined);
  if (hasOther || identities.length > 1) return false;
  return trails.every(({ signed }) => signed?.kind === 'reply' && isRefusal(signed.reply.status));
}

/** At each address once, one after the other; the next one need not wait for one that says nothing. */
async function knockOnce(round: Round, trails: readonly AddressResult[]): Promise<Found | undefined> {
  const stop = new AbortController();
  const { promise: found, resolve: find } = Promise.withResolvers<Found>();
  const attempts: Promise<void>[] = [];
  for (const trail of trails) {
    if (stop.signal.aborted || timeLeft(round.deadline) <= 0) break;
    const left = Promise.withResolvers<void>();
    const attempt = knockAndWait(round, trail, stop.signal, left.resolve).then((socket) => {
      if (socket === undefined) return;
      if (stop.signal.aborted) socket.destroy();
      else find({ socket, trail });
      stop.abort();
    });
    attempts.push(attempt);
    const isPatient = round.identity !== undefined && needsTouch(round.identity);
    await Promise.race([attempt, ...(isPatient ? [] : [isSilent(trail, left.promise, stop.signal)])]);
  }
  return Promise.race([found, Promise.all(attempts).then(() => undefined)]);
}

/** When the address has said nothing for a while after its knocks; never, if it has said something. */
async function isSilent(trail: AddressResult, left: Promise<void>, stop: AbortSignal): Promise<void> {
  await left;
  await sleep(HEAD_START_MS, undefined, { signal: stop }).catch(() => undefined);
  if (trail.isHeard) await new Promise(() => undefined);
}
