import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';
import type { HolderKind, ProofKind } from './proof-kind.ts';

/** A command that reports an event: a program with its arguments, or text for `/bin/sh -c`. */
export type Hook =
  | { readonly kind: 'argv'; readonly argv: readonly [program: string, ...args: string[]] }
  | { readonly kind: 'shell'; readonly text: string };

export type DaemonHookName = 'start' | 'stop';
export type DoorHookName = 'open' | 'close' | 'refused';

export type DaemonHooks = Readonly<Partial<Record<DaemonHookName, Hook>>>;
export type DoorHooks = Readonly<Partial<Record<DoorHookName, Hook>>>;

/** What a hook is told about. */
export type HookOccasion =
  | { readonly event: DaemonHookName }
  | {
      readonly event: DoorHookName;
      readonly door: string;
      readonly source: Address;
      /** As the configuration writes them. */
      readonly ports: string;
      /** When the door closes, or closed, in milliseconds of the wall clock. */
      readonly until?: Instant;
      /** The user and the kind of proof; absent if no user is known. */
      readonly user?: string;
      readonly proof?: ProofKind | HolderKind;
    };

export type HookEnvironment = Readonly<
  Record<
    'BUSSA_EVENT' | 'BUSSA_DOOR' | 'BUSSA_IP' | 'BUSSA_PORTS' | 'BUSSA_UNTIL' | 'BUSSA_USER' | 'BUSSA_PROOF',
    string
  >
>;

/** All variables for every event. One without a value is empty, so that a shell's `set -u` accepts it. */
export function hookEnvironment(occasion: HookOccasion): HookEnvironment {
  const { event } = occasion;
  const nobody = { BUSSA_USER: '', BUSSA_PROOF: '' };
  const nothing = { BUSSA_DOOR: '', BUSSA_IP: '', BUSSA_PORTS: '', BUSSA_UNTIL: '', ...nobody };
  if (!('door' in occasion)) return { BUSSA_EVENT: event, ...nothing };
  const { door, source, ports, until, user = '', proof = '' } = occasion;
  return {
    BUSSA_EVENT: event,
    BUSSA_DOOR: door,
    BUSSA_IP: source,
    BUSSA_PORTS: ports,
    BUSSA_UNTIL: until === undefined ? '' : new Date(until).toISOString(),
    BUSSA_USER: user,
    BUSSA_PROOF: proof,
  };
}
