import { millis } from '../../core/net/time.ts';
import { isRefusal } from '../../core/signed/knock-reply.ts';
import { renderDestination } from '../../host/network/destination.ts';
import type { PortProbe } from '../../host/network/port-probe.ts';
import { type AddressResult, type Round, timeLeft } from './address-result.ts';
import { exchangeSigned, type SignedOutcome } from './exchange-signed.ts';
import { explainClock, explainSigned } from './explain-signed.ts';
import { needsTouch } from './needs-touch.ts';

/**
 * Sends a signed knock and returns as soon as it is sent. The reply is awaited while the port is probed: it triggers an
 * immediate probe, or ends the probing.
 */
export async function knockSigned(
  round: Round,
  trail: AddressResult,
  probe: PortProbe,
  stop: AbortSignal,
): Promise<'left' | 'not-left'> {
  const { profile, identity, deadline, notice } = round;
  if (profile.card === undefined || identity === undefined) return 'not-left';
  round.tell(`knocking at ${renderDestination(trail.to)} with the key ${identity.name}`);
  if (needsTouch(identity)) notice(`touch the token of ${identity.name} when it blinks`);
  const halt = new AbortController();
  void probe.opened.then(() => halt.abort());
  const left = Promise.withResolvers<'left'>();
  const end = exchangeSigned({
    ...{ profile, card: profile.card, to: trail.to, identity },
    patience: millis(Math.min(round.patience, timeLeft(deadline))),
    stop: AbortSignal.any([stop, halt.signal]),
    left: () => left.resolve('left'),
  }).then((outcome) => {
    note(outcome, round, trail, probe);
    return 'not-left' as const;
  });
  void left.promise.then(() => trail.knocked++);
  return Promise.race([left.promise, probe.opened.then(() => 'left' as const), end]);
}

function note(
  outcome: SignedOutcome,
  { profile, tell, notice }: Round,
  trail: AddressResult,
  probe: PortProbe,
): void {
  // A later knock without a reply says less than the reply to an earlier one.
  if (outcome.kind === 'no-reply' && trail.signed?.kind === 'reply') return;
  trail.signed = outcome;
  if (outcome.kind !== 'reply') return;
  trail.isHeard = true;
  tell(explainSigned(outcome));
  if (outcome.reply.status === 'open') {
    if (outcome.behind !== undefined) notice(explainClock(outcome.behind));
    probe.hurry();
  } else if (isRefusal(outcome.reply.status) && profile.knock === undefined) {
    probe.close();
  }
}
