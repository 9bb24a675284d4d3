import type { Socket } from 'node:net';
import type { Profile } from '../../core/client/profile.ts';
import type { Port } from '../../core/net/port.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { monotonicMs } from '../../host/clock/monotonic.ts';
import { type Destination, renderDestination } from '../../host/network/destination.ts';
import type { PortAnswer } from '../../host/network/port-probe.ts';
import type { CodeSteps } from './code-steps.ts';
import type { SignedOutcome } from './exchange-signed.ts';
import type { Identity } from './identity.ts';
import type { PreparedSpa } from './prepare-spa.ts';

/** A port's answer, without the connection. */
export type Answer = Exclude<PortAnswer, { kind: 'open' }> | { readonly kind: 'open' };

/** Everything learnt about one address. */
export type AddressResult = {
  readonly to: Destination;
  /** Another IP version than the first address has. Its knocks use the next code. */
  readonly isOtherFamily: boolean;
  /** The port's answer before any knock. `undefined`: it was not waited for. */
  before?: Answer;
  /** The port's last answer after a knock. */
  after?: Answer;
  /** Number of sequences sent completely. */
  knocked: number;
  /** Whether any packet came back from this address. */
  isHeard: boolean;
  /** Knocks that could not be sent, with the reason. */
  readonly notSent: string[];
  /** Outcome of the last signed knock. */
  signed?: SignedOutcome;
};

export type Found = { readonly socket: Socket; readonly result: AddressResult };

export type Reached =
  | (Found & {
      readonly kind: 'open';
      /** All addresses tried. */
      readonly results: readonly AddressResult[];
    })
  | { readonly kind: 'closed'; readonly results: readonly AddressResult[] }
  | { readonly kind: 'unresolved'; readonly reason: string };

export type ReachRequest = {
  readonly profile: Profile;
  readonly port: Port;
  /**
   * `before`: connect first, and do not knock if the port is open · `alongside`: connect just before the first knock,
   * and stop knocking when the port answers · `never`: connect only after the knocks.
   */
  readonly ask: 'before' | 'alongside' | 'never';
  /** Absent if the profile has no codes, or a better proof. */
  readonly code?: CodeSteps;
  /** Prints what the user has to do or should know. */
  readonly onNotice: (line: string) => void;
};

/** One attempt at all addresses. */
export type Round = ReachRequest & {
  /** Counts from 0. */
  readonly round: number;
  /** How long to keep connecting after the knock. */
  readonly patience: Millis;
  /** On the clock of `monotonicMs`. */
  readonly deadline: number;
  readonly onStep: (line: string) => void;
  /** The key that signs in this round. Absent without a server card, or if no key can sign. */
  readonly identity?: Identity;
  /** Absent if the profile does not use fwknopd, or cannot. */
  readonly spa?: PreparedSpa;
};

export const timeLeft = (deadline: number): Millis => millis(Math.max(0, deadline - monotonicMs()));

export function withoutSocket(answer: PortAnswer): Answer {
  return answer.kind === 'open' ? { kind: 'open' } : answer;
}

export function renderPlace(to: Destination, port: Port): string {
  const address = renderDestination(to);
  return to.family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
