import { OFFER, type Offer, WATCHED, type Watched } from '../../core/attempt/offer.ts';

/**
 * What happened to one packet. `no-door`: no door has the port; `not-taken`: a door has it, but does not listen for
 * such a packet; `code`: it completed a code, right or wrong.
 */
export type PacketFate =
  | 'knock'
  | 'repeat'
  | 'retransmission'
  | 'no-door'
  | 'not-taken'
  | 'tripwire'
  | 'suspicion'
  | 'code-half'
  | 'code';

export function packetFate(offer: Offer, watched: Watched, code?: 'code-half' | 'code'): PacketFate {
  if (offer === OFFER.knock) return 'knock';
  if (code !== undefined) return code;
  if (offer === OFFER.repeat) return 'repeat';
  if (offer === OFFER.retransmission) return 'retransmission';
  if (offer === OFFER.penalty) return 'suspicion';
  if (watched === WATCHED.knockPort) return 'not-taken';
  return watched === WATCHED.decoyPort ? 'tripwire' : 'no-door';
}
