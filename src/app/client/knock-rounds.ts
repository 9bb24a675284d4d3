import { setTimeout as sleep } from 'node:timers/promises';
import { type Millis, millis } from '../../core/net/time.ts';
import { isRefusal } from '../../core/signed/knock-reply.ts';
import { type AddressResult, type Found, type ReachRequest, type Round, timeLeft } from './address-result.ts';
import type { Identity } from './identity.ts';
import { knockAndWait } from './knock-and-wait.ts';
import { needsTouch } from './needs-touch.ts';
import type { PreparedSpa } from './prepare-spa.ts';

/** How long to keep connecting after the first knock. Doubles with each attempt. */
const FIRST_PATIENCE = millis(1500);
/** The same after a signed knock, which is one packet that gets a reply. */
const SIGNED_PATIENCE = millis(500);
const MAX_PATIENCE = millis(12_000);

/**
 * If an address has not answered this long after its knocks, the next address is tried in parallel (RFC 8305, section
 * 5).
 */
const HEAD_START_MS = 250;

/** Knocks at all addresses, then repeats with growing patience. */
export async function knockInRounds(
  request: ReachRequest,
  results: readonly AddressResult[],
  deadline: number,
  onStep: (line: string) => void,
): Promise<Found | undefined> {
  const identities = await identitiesFor(request, results);
  const spa = await spaFor(request, results, deadline);
  let patience = identities.length > 0 ? signedPatience(identities) : FIRST_PATIENCE;
  // A server does not answer an unknown key: each key is tried once before any is retried.
  const others = Math.max(0, identities.length - 1);
  for (let round = 0; round <= others + request.profile.retries && timeLeft(deadline) > 0; round++) {
    const identity = identities[round % identities.length];
    const means = { ...(identity === undefined ? {} : { identity }), ...(spa === undefined ? {} : { spa }) };
    const found = await knockOnce({ ...request, round, patience, deadline, onStep, ...means }, results);
    if (found !== undefined) return found;
    // A retry would not be sent or accepted either.
    if (results.every(({ knocked }) => knocked === 0) || isHopeless(request, results, identities)) break;
    if (round >= others) patience = millis(Math.min(2 * patience, MAX_PATIENCE));
  }
  return undefined;
}

/** A user who has to touch a token gets more time. */
const signedPatience = (identities: readonly Identity[]): Millis =>
  identities.some(needsTouch) ? FIRST_PATIENCE : SIGNED_PATIENCE;

/** Empty without a server card. Otherwise a reason is added to each address. */
async function identitiesFor(
  { profile }: ReachRequest,
  results: readonly AddressResult[],
): Promise<readonly Identity[]> {
  if (profile.card === undefined) return [];
  // Loaded only for profiles with a server card.
  const { findIdentities } = await import('./identity.ts');
  const found = await findIdentities(profile);
  if (found.kind === 'found') return found.identities;
  for (const result of results) result.signed = { kind: 'not-sent', reason: found.reason };
  return [];
}

/** `undefined` without a `Spa` line. Otherwise a reason is added to each address. */
async function spaFor(
  { profile }: ReachRequest,
  results: readonly AddressResult[],
  deadline: number,
): Promise<PreparedSpa | undefined> {
  if (profile.spa === undefined) return undefined;
  // Loaded only for profiles with a `Spa` line.
  const { prepareSpa } = await import('./prepare-spa.ts');
  const prepared = await prepareSpa(profile, timeLeft(deadline));
  if (prepared.kind === 'ready') return prepared;
  for (const { notSent } of results) notSent.push(...prepared.reasons);
  return undefined;
}

/** The server refused the only key, and there is no other proof. */
function isHopeless(
  { profile, code }: ReachRequest,
  results: readonly AddressResult[],
  identities: readonly Identity[],
): boolean {
  const hasOther = [profile.knock, profile.spa, code].some((means) => means !== undefined);
  if (hasOther || identities.length > 1) return false;
  return results.every(({ signed }) => signed?.kind === 'reply' && isRefusal(signed.reply.status));
}

/** Each address once, in order. The next address does not wait for one that stays silent. */
async function knockOnce(round: Round, results: readonly AddressResult[]): Promise<Found | undefined> {
  const stop = new AbortController();
  const { promise: found, resolve: find } = Promise.withResolvers<Found>();
  const attempts: Promise<void>[] = [];
  for (const result of results) {
    if (stop.signal.aborted || timeLeft(round.deadline) <= 0) break;
    const left = Promise.withResolvers<void>();
    const attempt = knockAndWait(round, result, stop.signal, left.resolve).then((socket) => {
      if (socket === undefined) return;
      if (stop.signal.aborted) socket.destroy();
      else find({ socket, result });
      stop.abort();
    });
    attempts.push(attempt);
    const isPatient = round.identity !== undefined && needsTouch(round.identity);
    await Promise.race([attempt, ...(isPatient ? [] : [isSilent(result, left.promise, stop.signal)])]);
  }
  return Promise.race([found, Promise.all(attempts).then(() => undefined)]);
}

/** Resolves when the address has been silent for a while after its knocks. If it has answered, never. */
async function isSilent(result: AddressResult, left: Promise<void>, stop: AbortSignal): Promise<void> {
  await left;
  await sleep(HEAD_START_MS, undefined, { signal: stop }).catch(() => undefined);
  if (result.isHeard) await new Promise(() => undefined);
}
