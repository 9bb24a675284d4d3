import type { Profile } from '../../core/client/profile.ts';
import { millis } from '../../core/net/time.ts';
import { type KnockOutcome, knock } from './knocker.ts';
import { reach } from './reach.ts';
import type { Reached } from './trail.ts';

export type KnockedProfile =
  /** There is no port to ask, or it was not to be asked. */
  | { readonly kind: 'knocked' }
  | { readonly kind: 'not-sent'; readonly outcome: Exclude<KnockOutcome, { kind: 'all-left' }> }
  | Reached;

/** Packets sent at one moment to different ports may take different ways, and nobody would notice. */
const DELAY = millis(50);

/** Knocks once, or until the port is open. The profile has a knock. */
export async function knockProfile(
  profile: Profile,
  waits: boolean,
  tell: (line: string) => void,
): Promise<KnockedProfile> {
  const { port } = profile;
  if (waits && port !== undefined) {
    const reached = await reach({ profile, port, ask: 'never' }, tell);
    if (reached.kind === 'open') reached.socket.destroy();
    return reached;
  }
  const { hostName: host, knock: steps = [], family, delay = DELAY, timeout } = profile;
  const order = { host, steps, delay, timeout, ...(family === undefined ? {} : { family }) };
  const outcome = await knock(order, () => undefined);
  return outcome.kind === 'all-left' ? { kind: 'knocked' } : { kind: 'not-sent', outcome };
}
