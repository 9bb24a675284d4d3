import type { Profile } from '../../core/client/profile.ts';
import { millis } from '../../core/net/time.ts';
import { resolveHost } from '../../host/network/resolve-host.ts';
import type { SignedOutcome } from './exchange-signed.ts';
import { explainClock } from './explain-signed.ts';
import { type KnockOutcome, knock } from './knocker.ts';
import { reach } from './reach.ts';
import type { Reached } from './trail.ts';

/** Packets sent at one moment to different ports may take different ways, and nobody would notice. */
const DELAY = millis(50);

/** How long a reply is waited for where no port is asked. */
const REPLY_PATIENCE = millis(1000);

export type KnockedProfile =
  /** There is no port to ask, or it was not to be asked. */
  | { readonly kind: 'knocked' }
  /** Likewise, and the server may have replied. */
  | { readonly kind: 'signed'; readonly outcome: SignedOutcome }
  | { readonly kind: 'not-sent'; readonly reasons: readonly string[] }
  | Reached;

/** What the person hears of it: each step, and what he has to do or should know. */
export type KnockOutput = { readonly tell: (line: string) => void; readonly notice: (line: string) => void };

/** Knocks once, or until the port is open. The profile has something to knock with. */
export async function knockProfile(
  profile: Profile,
  waits: boolean,
  { tell, notice }: KnockOutput,
): Promise<KnockedProfile> {
  const { port } = profile;
  if (waits && port !== undefined) {
    const reached = await reach({ profile, port, ask: 'never', notice }, tell);
    if (reached.kind === 'open') reached.socket.destroy();
    return reached;
  }
  const signed = profile.card === undefined ? undefined : await knockByKey(profile, waits, notice);
  const hasFailed = signed?.kind === 'signed' && signed.outcome.kind === 'not-sent';
  if (signed !== undefined && !(hasFailed && profile.knock !== undefined)) return signed;
  const { hostName: host, knock: steps = [], family, delay = DELAY, timeout } = profile;
  const order = { host, steps, delay, timeout, ...(family === undefined ? {} : { family }) };
  const outcome: KnockOutcome = await knock(order, () => undefined);
  return outcome.kind === 'all-left' ? { kind: 'knocked' } : { kind: 'not-sent', reasons: outcome.reasons };
}

/** Once; or, where a reply is waited for, until there is one. */
async function knockByKey(
  profile: Profile,
  waits: boolean,
  notice: (line: string) => void,
): Promise<KnockedProfile> {
  const [{ findIdentities }, { exchangeSigned }, { needsTouch }] = await Promise.all([
    import('./identity.ts'),
    import('./exchange-signed.ts'),
    import('./needs-touch.ts'),
  ]);
  const found = await findIdentities(profile);
  if (found.kind === 'none') return { kind: 'signed', outcome: { kind: 'not-sent', reason: found.reason } };
  const resolved = await resolveHost(profile.hostName, profile.family, profile.timeout);
  if (resolved.kind !== 'resolved') {
    const why = resolved.kind === 'failed' ? resolved.reason : `no answer in ${profile.timeout / 1000} s`;
    return { kind: 'unresolved', reason: `cannot resolve host '${profile.hostName}': ${why}` };
  }
  let outcome: SignedOutcome = { kind: 'no-reply' };
  for (let round = 0; round <= (waits ? profile.retries : 0) && outcome.kind === 'no-reply'; round++) {
    const identity = found.identities[round % found.identities.length] ?? found.identities[0];
    if (needsTouch(identity)) notice(`touch the token of ${identity.name} when it blinks`);
    outcome = await exchangeSigned({
      ...{ profile, card: profile.card as NonNullable<Profile['card']>, to: resolved.destination, identity },
      patience: REPLY_PATIENCE,
      stop: new AbortController().signal,
      left: () => undefined,
    });
  }
  if (outcome.kind === 'reply' && outcome.reply.status === 'open' && outcome.behind !== undefined)
    notice(explainClock(outcome.behind));
  return { kind: 'signed', outcome };
}
