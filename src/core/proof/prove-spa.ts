import { completeByProof, type Proof, type ProofCompletion } from '../attempt/completion.ts';
import { compileAdmission } from '../door/admission.ts';
import type { DoorSpec } from '../door/door.ts';
import { type Address, addressWords, familyOf } from '../net/address.ts';
import { type Instant, type Millis, since } from '../net/time.ts';
import { isPossibleSource } from '../origin/possible-source.ts';
import type { SpaMessage } from '../spa/spa-message.ts';
import { readSpaRequest, type WantedPort } from '../spa/spa-request.ts';
import { mayOpen, type SpaOwner } from '../users/user-directory.ts';

/** As fwknopd (DEF_MAX_SPA_PACKET_AGE). */
export const SPA_WINDOW = 120_000 as Millis;

/** A packet's time is in whole seconds. */
const SECOND = 1000 as Millis;

/** The context in which an fwknop packet with a valid HMAC and key is judged. */
export type SpaSituation = {
  /** The doors that packets to this destination may open. */
  readonly doors: readonly DoorSpec[];
  /** The packet's source. */
  readonly from: Address;
  /** The packet's time, by the wall clock. */
  readonly now: Instant;
  readonly window: Millis;
  /** Whether a packet of this time may have been used without being in the record. `unit`: of the time. */
  readonly isForgotten: (time: Instant, unit: Millis) => boolean;
};

export type SpaRefusal =
  | 'key off'
  | 'key expired'
  | 'key source'
  | 'user name'
  | 'clock'
  | 'forgotten'
  | 'command'
  | 'nat'
  | 'request'
  | 'address'
  | 'door'
  | 'unbound'
  | 'door source';

export type SpaJudgement =
  /** One per door. */
  | { readonly kind: 'open'; readonly completions: readonly [ProofCompletion, ...ProofCompletion[]] }
  | {
      readonly kind: 'refused';
      readonly reason: SpaRefusal;
      /** By how much the sender's clock is behind, if it is wrong. */
      readonly behind?: Millis;
      /** The port that no door opens for the user. */
      readonly port?: WantedPort;
    };

const refused = (reason: SpaRefusal): SpaJudgement => ({ kind: 'refused', reason });

/** Which doors the packet opens: all that it requests, or none. */
export function proveSpa(owner: SpaOwner, message: SpaMessage, situation: SpaSituation): SpaJudgement {
  const { user, spa } = owner;
  const { from, now, window, isForgotten, doors } = situation;
  if (user.isOff === true) return refused('key off');
  if (user.until !== undefined && now >= user.until) return refused('key expired');
  if (user.from !== undefined && !compileAdmission({ allow: user.from })(from)) return refused('key source');
  if (spa.spaUser !== undefined && spa.spaUser !== message.user) return refused('user name');
  const behind = since(message.time, now);
  if (Math.abs(behind) > window) return { kind: 'refused', reason: 'clock', behind };
  if (isForgotten(message.time, SECOND)) return refused('forgotten');
  if (message.type === 0) return refused('command');
  if (message.type !== 1 && message.type !== 3) return refused('nat');
  const request = readSpaRequest(message.message);
  if (request === undefined) return refused('request');
  const address = request.address ?? from;
  // The packet's own source has been checked by the kernel and the packet loop.
  if (request.address !== undefined && !isPossibleSource(familyOf(address), ...addressWords(address), false))
    return refused('address');
  const his = doors.filter((door) => mayOpen(user, door, 'spa'));
  const admits = (door: DoorSpec): boolean => compileAdmission(door)(from);
  const chosen = chooseDoors(his, request.ports, admits);
  if ('port' in chosen) return { kind: 'refused', reason: 'door', port: chosen.port };
  const [first, ...rest] = chosen.doors;
  if (first === undefined) return refused('door');
  if (request.address === undefined && chosen.doors.some(({ requireSource }) => requireSource === true))
    return refused('unbound');
  if (!chosen.doors.every(admits)) return refused('door source');
  const proof: Proof = { kind: 'spa', user: user.name, fingerprint: spa.fingerprint };
  const complete = (door: DoorSpec): ProofCompletion =>
    completeByProof(door, address, now, proof, message.timeout);
  return { kind: 'open', completions: [complete(first), ...rest.map(complete)] };
}

type Chosen = { readonly doors: readonly DoorSpec[] } | { readonly port: WantedPort };

/**
 * For each port the first of the user's doors that opens it, and that admits the sender if one does. If the user may open only one door, and that door runs a
 * command instead of opening ports, any port means that door.
 */
function chooseDoors(
  doors: readonly DoorSpec[],
  ports: readonly WantedPort[],
  admits: (door: DoorSpec) => boolean,
): Chosen {
  const [only, other] = doors;
  if (only !== undefined && other === undefined && only.opening.ports === undefined) return { doors: [only] };
  const chosen = new Set<DoorSpec>();
  for (const port of ports) {
    const able = doors.filter((one) => opens(one, port));
    const door = able.find(admits) ?? able[0];
    if (door === undefined) return { port };
    chosen.add(door);
  }
  return { doors: [...chosen] };
}

const opens = ({ opening }: DoorSpec, { protocol, port }: WantedPort): boolean =>
  opening.ports?.some((one) => one.protocol === protocol && one.first <= port && port <= one.last) === true;
