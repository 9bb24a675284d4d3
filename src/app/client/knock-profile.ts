import type { Profile } from '../../core/client/profile.ts';
import { millis } from '../../core/net/time.ts';
import { type ResolveResult, resolveAll, resolveHost } from '../../host/network/resolve-host.ts';
import type { Reached } from './address-result.ts';
import type { CodeSteps } from './code-steps.ts';
import type { SignedOutcome } from './exchange-signed.ts';
import { explainClock } from './explain-signed.ts';
import { type KnockOutcome, knock } from './knocker.ts';
import { reach } from './reach.ts';

/** Packets sent at the same moment to different ports may arrive in another order, unnoticed. */
const DELAY = millis(50);

/** How long to wait for a reply if no port is checked. */
const REPLY_PATIENCE = millis(1000);

export type KnockedProfile =
  /** There is no port to check, or the user did not want it checked. */
  | { readonly kind: 'knocked' }
  /** The same, with a reply of the server if one came. */
  | { readonly kind: 'signed'; readonly outcome: SignedOutcome }
  | { readonly kind: 'not-sent'; readonly reasons: readonly string[] }
  | Reached;

/** Output for the user: each step, and what the user has to do or should know. */
export type KnockOutput = {
  readonly onStep: (line: string) => void;
  readonly onNotice: (line: string) => void;
};

/** Knocks once, or until the port is open. The profile must have something to knock with. */
export async function knockProfile(
  profile: Profile,
  waits: boolean,
  { onStep, onNotice }: KnockOutput,
  code?: CodeSteps,
): Promise<KnockedProfile> {
  const { port } = profile;
  if (waits && port !== undefined) {
    const codes = code === undefined ? {} : { code };
    const reached = await reach({ profile, port, ask: 'never', onNotice, ...codes }, onStep);
    if (reached.kind === 'open') reached.socket.destroy();
    return reached;
  }
  const signed = profile.card === undefined ? undefined : await knockByKey(profile, waits, onNotice);
  const hasFailed = signed?.kind === 'signed' && signed.outcome.kind === 'not-sent';
  const steps = code?.(0) ?? profile.knock;
  const hasOther = steps !== undefined || profile.spa !== undefined;
  if (signed !== undefined && !(hasFailed && hasOther)) return signed;
  const asked = profile.spa === undefined ? undefined : await askOnce(profile);
  if (asked !== undefined && !(asked.kind === 'not-sent' && steps !== undefined)) return asked;
  const { hostName: host, family, delay = DELAY, timeout } = profile;
  const request = { host, steps: steps ?? [], delay, timeout, ...(family === undefined ? {} : { family }) };
  const outcome: KnockOutcome = await knock(request, () => undefined);
  return outcome.kind === 'all-left' ? { kind: 'knocked' } : { kind: 'not-sent', reasons: outcome.reasons };
}

/**
 * Sends one SPA packet per IP version of the host. fwknopd listens on IPv4 only, but the port may be reached over both.
 */
async function askOnce(profile: Profile): Promise<KnockedProfile> {
  const [{ prepareSpa }, { sendSpa }] = await Promise.all([
    import('./prepare-spa.ts'),
    import('./knock-spa.ts'),
  ]);
  const prepared = await prepareSpa(profile, profile.timeout);
  if (prepared.kind === 'failed') return { kind: 'not-sent', reasons: prepared.reasons };
  const resolved = await resolveAll(profile.hostName, profile.family, profile.timeout);
  if ('kind' in resolved) return unresolved(profile, resolved);
  const reasons = await Promise.all(resolved.map((to) => sendSpa(profile, to, prepared)));
  if (reasons.includes(undefined)) return { kind: 'knocked' };
  return { kind: 'not-sent', reasons: reasons.filter((reason) => reason !== undefined) };
}

function unresolved(
  { hostName, timeout }: Profile,
  result: Exclude<ResolveResult, { kind: 'resolved' }>,
): KnockedProfile {
  const why = result.kind === 'failed' ? result.reason : `no answer in ${timeout / 1000} s`;
  return { kind: 'unresolved', reason: `cannot resolve host '${hostName}': ${why}` };
}

/** Once, or until a reply arrives if one is expected. */
async function knockByKey(
  profile: Profile,
  waits: boolean,
  onNotice: (line: string) => void,
): Promise<KnockedProfile> {
  const [{ findIdentities }, { exchangeSigned }, { needsTouch }] = await Promise.all([
    import('./identity.ts'),
    import('./exchange-signed.ts'),
    import('./needs-touch.ts'),
  ]);
  const found = await findIdentities(profile);
  if (found.kind === 'none') return { kind: 'signed', outcome: { kind: 'not-sent', reason: found.reason } };
  const resolved = await resolveHost(profile.hostName, profile.family, profile.timeout);
  if (resolved.kind !== 'resolved') return unresolved(profile, resolved);
  let outcome: SignedOutcome = { kind: 'no-reply' };
  // A server does not answer an unknown key: each key is tried once before any is retried.
  const last = waits ? found.identities.length - 1 + profile.retries : 0;
  for (let round = 0; round <= last && outcome.kind === 'no-reply'; round++) {
    const identity = found.identities[round % found.identities.length] ?? found.identities[0];
    if (needsTouch(identity)) onNotice(`touch the token of ${identity.name} when it blinks`);
    outcome = await exchangeSigned({
      ...{ profile, card: profile.card as NonNullable<Profile['card']>, to: resolved.destination, identity },
      patience: REPLY_PATIENCE,
      stop: new AbortController().signal,
      left: () => undefined,
    });
  }
  if (outcome.kind === 'reply' && outcome.reply.status === 'open' && outcome.behind !== undefined)
    onNotice(explainClock(outcome.behind));
  return { kind: 'signed', outcome };
}
