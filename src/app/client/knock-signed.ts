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
  result: AddressResult,
  probe: PortProbe,
  stop: AbortSignal,
): Promise<'left' | 'not-left'> {
  const { profile, identity, deadline, onNotice } = round;
  if (profile.card === undefined || identity === undefined) return 'not-left';
  round.onStep(`knocking at ${renderDestination(result.to)} with the key ${identity.name}`);
  if (needsTouch(identity)) onNotice(`touch the token of ${identity.name} when it blinks`);
  const halt = new AbortController();
  void probe.opened.then(() => halt.abort());
  const left = Promise.withResolvers<'left'>();
  const end = exchangeSigned({
    ...{ profile, card: profile.card, to: result.to, identity },
    patience: millis(Math.min(round.patience, timeLeft(deadline))),
    stop: AbortSignal.any([stop, halt.signal]),
    left: () => left.resolve('left'),
  }).then((outcome) => {
    note(outcome, round, result, probe);
    return 'not-left' as const;
  });
  void left.promise.then(() => result.knocked++);
  return Promise.race([left.promise, probe.opened.then(() => 'left' as const), end]);
}

function note(
  outcome: SignedOutcome,
  { profile, onStep, onNotice }: Round,
  result: AddressResult,
  probe: PortProbe,
): void {
  // A later knock without a reply says less than the reply to an earlier one.
  if (outcome.kind !== 'reply' && result.signed?.kind === 'reply') return;
  result.signed = outcome;
  if (outcome.kind !== 'reply') return;
  result.isHeard = true;
  onStep(explainSigned(outcome));
  if (outcome.reply.status === 'open') {
    if (outcome.behind !== undefined) onNotice(explainClock(outcome.behind));
    probe.hurry();
  } else if (isRefusal(outcome.reply.status) && profile.knock === undefined) {
    probe.close();
  }
}
