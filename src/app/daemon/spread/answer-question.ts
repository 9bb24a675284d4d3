import { concatBytes } from '../../../core/bytes/concat-bytes.ts';
import type { Door } from '../../../core/door/door.ts';
import { SIGNATURE_BYTES } from '../../../core/fleet/fleet-record.ts';
import { mayOpen } from '../../../core/fleet/member.ts';
import type { SpreadObservation } from '../../../core/fleet/spread/spread-hit.ts';
import { parseQuestion, renderAnswer, spreadBytes } from '../../../core/fleet/spread/spread-messages.ts';
import type { Address } from '../../../core/net/address.ts';
import { knocksFingerprint } from './knocks-fingerprint.ts';
import type { SpreadFleet } from './spread-fleet.ts';

/** What this host has seen. */
export type Witness = {
  readonly door: (name: string) => Door | undefined;
  readonly observed: (source: Address, door: Door) => SpreadObservation;
};

/** `told`: the answer contains knocks. */
export type Answered =
  | { readonly kind: 'answer'; readonly bytes: Uint8Array; readonly told: boolean }
  | { readonly kind: 'forged' | 'not-meant' };

/** No signature: an attacker who can forge an empty answer could withhold the answer as well. */
const UNSIGNED = new Uint8Array(SIGNATURE_BYTES);

/**
 * Answers a question of another member. Knocks are revealed only to a member that may open the door. Without knocks, no
 * signature is checked or made: in a flood, most questions are about unseen strangers.
 */
export function answerQuestion(fleet: SpreadFleet, witness: Witness, bytes: Uint8Array): Answered {
  const question = parseQuestion(bytes);
  if (question === undefined) return { kind: 'forged' };
  const { message, rendered, signature } = question;
  const member = fleet.members.get(message.member);
  if (message.fleet !== fleet.fleet || message.member === fleet.name || member === undefined) {
    return { kind: 'not-meant' };
  }
  const door = witness.door(message.door);
  const isSame = door !== undefined && knocksFingerprint(fleet.secret, door) === message.knocks;
  const observed = isSame ? witness.observed(message.source, door) : undefined;
  const told = observed !== undefined && (observed.hits.length > 0 || observed.touch !== undefined);
  if (told && !mayOpen(member, message.door)) return { kind: 'not-meant' };
  if (told && !fleet.verify(member.key, spreadBytes('question', rendered), signature)) {
    return { kind: 'forged' };
  }
  const { fleet: name, nonce } = message;
  const answer = renderAnswer({ fleet: name, member: fleet.name, nonce, observed });
  const signed = told ? fleet.sign(spreadBytes('answer', answer)) : UNSIGNED;
  return { kind: 'answer', bytes: concatBytes(answer, signed), told };
}
