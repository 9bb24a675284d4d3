import type { Socket } from 'node:net';
import type { Profile } from '../../core/client/profile.ts';
import type { Port } from '../../core/net/port.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { type Destination, renderDestination } from '../../host/network/destination.ts';
import type { PortAnswer } from '../../host/network/port-probe.ts';
import type { CodeSteps } from './code-steps.ts';
import type { SignedOutcome } from './exchange-signed.ts';
import type { Identity } from './identity.ts';
import type { PreparedSpa } from './prepare-spa.ts';

/** What a port said, without the connection. */
export type Answer = Exclude<PortAnswer, { kind: 'open' }> | { readonly kind: 'open' };

/** All that was learned of one address. */
export type AddressResult = {
  readonly to: Destination;
  /** Of another IP version than the first one: there, the next code is knocked. */
  readonly isOtherFamily: boolean;
  /** What the port answered before any knock; `undefined` where that was not waited for. */
  before?: Answer;
  /** What it answered last after a knock. */
  after?: Answer;
  /** Sequences that left whole. */
  knocked: number;
  /** Whether anything has come back from there. */
  isHeard: boolean;
  /** Knocks that did not leave, and why. */
  readonly notSent: string[];
  /** What became of the last signed knock. */
  signed?: SignedOutcome;
};

export type Found = { readonly socket: Socket; readonly trail: AddressResult };

export type Reached =
  | (Found & {
      readonly kind: 'open';
      /** All addresses that were tried. */
      readonly trails: readonly AddressResult[];
    })
  | { readonly kind: 'closed'; readonly trails: readonly AddressResult[] }
  | { readonly kind: 'unresolved'; readonly reason: string };

export type ReachRequest = {
  readonly profile: Profile;
  readonly port: Port;
  /**
   * `before`: the port is asked first, and not knocked at if it is open · `alongside`: it is asked a moment before the
   * first knock, and the knocks stop when it answers · `never`: not before the knocks have left.
   */
  readonly ask: 'before' | 'alongside' | 'never';
  /** Absent where the profile has no codes, or something better. */
  readonly code?: CodeSteps;
  /** Tells what the person has to do, or should know. */
  readonly notice: (line: string) => void;
};

/** One try at all addresses. */
export type Round = ReachRequest & {
  /** From 0. */
  readonly round: number;
  /** How long the port is asked after the knock. */
  readonly patience: Millis;
  /** On the clock of `performance.now`. */
  readonly deadline: number;
  readonly tell: (line: string) => void;
  /** The key that signs in this round; absent where there is no card, or none that can sign. */
  readonly identity?: Identity;
  /** Absent where the profile asks no fwknopd, or cannot. */
  readonly spa?: PreparedSpa;
};

export const timeLeft = (deadline: number): Millis => millis(Math.max(0, deadline - performance.now()));

export function withoutSocket(answer: PortAnswer): Answer {
  return answer.kind === 'open' ? { kind: 'open' } : answer;
}

export function renderPlace(to: Destination, port: Port): string {
  const address = renderDestination(to);
  return to.family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
