import type { UserProof } from '../door/proof-kind.ts';
import type { EarlyEnd } from '../lease/lease.ts';
import type { Address } from '../net/address.ts';
import type { InterfaceChange } from '../net/host-interface.ts';
import type { Protocol } from '../net/protocol.ts';
import type { Instant } from '../net/time.ts';

/** How a command ended that did not end well. */
export type CommandFailure =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly reason: string }
  /** It has been ended, its process group with it, because it ran for so long. */
  | { readonly kind: 'timed-out'; readonly timeMs: number };

/** Who has proved himself, and by what; absent where nobody's name is known. */
export type ByUser = {
  /** Names, separated by commas, where several hold a door open. */
  readonly user?: string;
  readonly proof?: UserProof;
  /** Its fingerprint: `SHA256:…` of an SSH key. */
  readonly credential?: string;
};

/** Whose order it was: the name of an operator, with ` (web)` behind it where it came by the page; absent where nobody knows. */
export type ByOperator = { readonly by?: string };

/** Everything that can be reported. */
export type Event = LogEvent | SilentEvent;

/** What no line of the log says: others do. Hooks run for it, and it is counted. */
export type SilentEvent =
  | { readonly kind: 'started' }
  | { readonly kind: 'ending' }
  | ({
      /** As a whole: its ports and its commands. */
      readonly kind: 'lease-opened' | 'lease-closed';
      readonly source: Address;
      readonly door: string;
      /** As the configuration writes them; '' where it is a command alone. */
      readonly ports: string;
      /** When it closes, or has closed, by the wall clock; absent where nothing closes it. */
      readonly until?: Instant;
    } & ByUser);

/** What the log has a line for. */
export type LogEvent =
  | { readonly kind: 'listening'; readonly on: string }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'stage'; readonly source: Address; readonly door: string; readonly stage: number }
  | ({ readonly kind: 'completed'; readonly source: Address; readonly door: string } & ByUser)
  | { readonly kind: 'failed'; readonly source: Address; readonly door: string; readonly stage: number }
  | { readonly kind: 'expired'; readonly source: Address; readonly door: string; readonly stage: number }
  | { readonly kind: 'evicted'; readonly source: Address; readonly door: string; readonly stage: number }
  | { readonly kind: 'withheld'; readonly source: Address; readonly door: string; readonly stage: number }
  | {
      readonly kind: 'scan';
      readonly source: Address;
      readonly protocol: Protocol;
      readonly port: number;
      /** How long its knocks count only if made twice. */
      readonly seconds: number;
    }
  | { readonly kind: 'running'; readonly door: string; readonly command: string }
  /** A command does not run yet: as many run already as may at one time, of its door or of all doors together. */
  | {
      readonly kind: 'waiting';
      readonly door: string;
      readonly command: string;
      readonly purpose: 'start' | 'stop';
      readonly of: 'door' | 'all';
      readonly limit: number;
    }
  | {
      readonly kind: 'command-failed';
      readonly door: string;
      readonly failure: CommandFailure;
      readonly lastErrorLine?: string;
    }
  /** A door was completed or ordered, and its start command has failed. `shortReason`: without the command's words. */
  | {
      readonly kind: 'start-failed';
      readonly source: Address;
      readonly door: string;
      readonly reason: string;
      readonly shortReason: string;
    }
  | ({
      readonly kind: 'opened';
      readonly source: Address;
      readonly door: string;
      /** As the configuration writes them. */
      readonly ports: string;
      readonly seconds: number;
    } & ByUser)
  | ({
      readonly kind: 'closed';
      readonly source: Address;
      readonly door: string;
      readonly ports: string;
      /** Why before its time, see `LeaseEnd`. */
      readonly early?: EarlyEnd;
      /** Connections that were cut with it. */
      readonly cut: number;
    } & ByUser)
  /** By the operator. `seconds`: how long it is to be open from now on. */
  | ({
      readonly kind: 'ordered';
      readonly source: Address;
      readonly door: string;
      readonly order: 'open' | 'extend' | 'close';
      readonly seconds?: number;
    } & ByOperator)
  | { readonly kind: 'held'; readonly source: Address; readonly door: string }
  /** Closing it has come to nothing: its ports could not be closed, or its stop command did not end by itself. */
  | {
      readonly kind: 'unclosed';
      readonly source: Address;
      readonly door: string;
      /** How often it has been tried. */
      readonly times: number;
      /** Until it is tried again. */
      readonly seconds: number;
    }
  | { readonly kind: 'command-timeout'; readonly source: Address; readonly door: string }
  | ({
      readonly kind: 'extended';
      readonly source: Address;
      readonly door: string;
      /** Seconds from now until it closes. */
      readonly seconds: number;
    } & ByUser)
  | ({
      readonly kind: 'refused';
      readonly source: Address;
      readonly door: string;
      readonly reason: string;
      /** Those of the door, as the configuration writes them. */
      readonly ports?: string;
    } & ByUser)
  /** A knock that is signed for this server opens nothing. `shortReason`: without what may be different each time. */
  | ({
      readonly kind: 'proof-refused';
      readonly source: Address;
      readonly reason: string;
      readonly shortReason: string;
    } & ByUser)
  /** `who`: an address or a prefix; `seconds` are absent where it is for good. */
  | ({ readonly kind: 'banned'; readonly who: string; readonly seconds?: number } & ByOperator)
  | ({ readonly kind: 'unbanned'; readonly who: string } & ByOperator)
  | { readonly kind: 'adopted'; readonly source: Address; readonly door: string; readonly overdue: boolean }
  | ({ readonly kind: 'reloading'; readonly file: string } & ByOperator)
  /** No mistake: it cannot be used now, and why has been told. */
  | { readonly kind: 'reload-refused'; readonly file: string; readonly mistakes: number }
  | { readonly kind: 'log-reopened'; readonly file: string }
  | { readonly kind: 'no-sequences-left'; readonly door: string; readonly file: string }
  | { readonly kind: 'interface'; readonly change: InterfaceChange }
  | { readonly kind: 'interface-missing'; readonly name: string }
  | { readonly kind: 'firewall'; readonly name: string; readonly why: string }
  /** The whole ruleset lets no stranger reach these ports. */
  | { readonly kind: 'judged-closed'; readonly ports: readonly string[] }
  /** `how`: what confirms it; `atTerminal`: the Enter key does as well. */
  | {
      readonly kind: 'unconfirmed';
      readonly seconds: number;
      readonly how: string;
      readonly atTerminal: boolean;
    }
  | ({ readonly kind: 'confirmed'; readonly at: 'control' | 'terminal' } & ByOperator)
  | { readonly kind: 'undoing'; readonly seconds: number }
  | { readonly kind: 'undone'; readonly why: string }
  | { readonly kind: 'packets-dropped'; readonly count: number }
  | { readonly kind: 'suppressed'; readonly what: string; readonly count: number }
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'debug'; readonly text: string };

export type EventKind = Event['kind'];

const SILENT: ReadonlySet<string> = new Set<SilentEvent['kind']>([
  'started',
  'ending',
  'lease-opened',
  'lease-closed',
]);

export const isLogged = (event: Event): event is LogEvent => !SILENT.has(event.kind);
