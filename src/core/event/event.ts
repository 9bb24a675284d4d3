import type { HolderKind } from '../door/proof-kind.ts';
import type { EarlyEnd } from '../lease/lease.ts';
import type { Address } from '../net/address.ts';
import type { InterfaceChange } from '../net/host-interface.ts';
import type { Protocol } from '../net/protocol.ts';
import type { Instant } from '../net/time.ts';
import type { Said } from '../say/said.ts';

/** How a command failed. */
export type CommandFailure =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'not-started'; readonly reason: string }
  /** It was killed with its process group, because it exceeded its time limit. */
  | { readonly kind: 'timed-out'; readonly timeMs: number };

/** The user and the credential; absent if no user is known. */
export type ByUser = {
  /** Several names, separated by commas, if several users hold a door open. */
  readonly user?: string;
  readonly proof?: HolderKind;
  /** Its fingerprint: `SHA256:…` of an SSH key. */
  readonly credential?: string;
};

/** The operator who gave the command, followed by ` (web)` if it came from the page; absent if unknown. */
export type ByOperator = { readonly by?: string };

/** Everything that can be reported. */
export type Event = LogEvent | SilentEvent;

/** Events without a log line of their own, because other lines cover them. They run hooks and are counted. */
export type SilentEvent =
  | { readonly kind: 'started' }
  | { readonly kind: 'ending' }
  | ({
      /** The opening or closing as a whole: ports and commands. */
      readonly kind: 'lease-opened' | 'lease-closed';
      readonly source: Address;
      readonly door: string;
      /** As the configuration writes them; '' if it only runs a command. */
      readonly ports: string;
      /** When it closes, or closed, by the wall clock; absent: nothing closes it. */
      readonly until?: Instant;
    } & ByUser);

/** Events with a log line. */
export type LogEvent =
  | { readonly kind: 'listening'; readonly on: string }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'stage'; readonly source: Address; readonly door: string; readonly stage: number }
  /** `gateways`: other hosts that some of the knocks have reached, separated by commas. */
  | ({
      readonly kind: 'completed';
      readonly source: Address;
      readonly door: string;
      readonly gateways?: string;
    } & ByUser)
  | { readonly kind: 'failed'; readonly source: Address; readonly door: string; readonly stage: number }
  | { readonly kind: 'expired'; readonly source: Address; readonly door: string; readonly stage: number }
  | { readonly kind: 'evicted'; readonly source: Address; readonly door: string; readonly stage: number }
  | { readonly kind: 'withheld'; readonly source: Address; readonly door: string; readonly stage: number }
  | {
      readonly kind: 'scan';
      readonly source: Address;
      readonly protocol: Protocol;
      readonly port: number;
      /** How long its knocks only count if made twice. */
      readonly seconds: number;
    }
  | { readonly kind: 'running'; readonly door: string; readonly command: string }
  /** A command waits: the maximum number is already running, of its door or of all doors. */
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
  /**
   * A door was completed or opened by command, but its start command failed. `shortReason`: without the command's
   * output.
   */
  | {
      readonly kind: 'start-failed';
      readonly source: Address;
      readonly door: string;
      readonly reason: string;
      readonly shortReason: string;
      readonly why: Said;
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
      /** The member of the fleet that has ended it. */
      readonly member?: string;
    } & ByUser)
  /** By the operator. `seconds`: how long it stays open from now on. */
  | ({
      readonly kind: 'ordered';
      readonly source: Address;
      readonly door: string;
      readonly order: 'open' | 'extend' | 'close';
      readonly seconds?: number;
    } & ByOperator)
  | { readonly kind: 'held'; readonly source: Address; readonly door: string }
  /** Closing failed: its ports could not be closed, or its stop command did not end by itself. */
  | {
      readonly kind: 'unclosed';
      readonly source: Address;
      readonly door: string;
      /** Number of attempts. */
      readonly times: number;
      /** Until the next attempt. */
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
      /** The ports of the door, as the configuration writes them. */
      readonly ports?: string;
    } & ByUser)
  /**
   * A knock signed for this server was refused. `shortReason`: without parts that may differ each time; `why`: by its kind,
   * if its words have such parts.
   */
  | ({
      readonly kind: 'proof-refused';
      readonly source: Address;
      readonly reason: string;
      readonly shortReason: string;
      readonly why?: Said;
    } & ByUser)
  /** `who`: an address or a prefix; `seconds` are absent for a permanent ban. */
  | ({ readonly kind: 'banned'; readonly who: string; readonly seconds?: number } & ByOperator)
  | ({ readonly kind: 'unbanned'; readonly who: string } & ByOperator)
  | { readonly kind: 'adopted'; readonly source: Address; readonly door: string; readonly overdue: boolean }
  | ({ readonly kind: 'reloading'; readonly file: string } & ByOperator)
  /** The file has no mistake, but cannot be used now. The reason has been reported. */
  | { readonly kind: 'reload-refused'; readonly file: string; readonly mistakes: number }
  | { readonly kind: 'log-reopened'; readonly file: string }
  | { readonly kind: 'no-sequences-left'; readonly door: string; readonly file: string }
  | { readonly kind: 'interface'; readonly change: InterfaceChange }
  | { readonly kind: 'interface-missing'; readonly name: string }
  | { readonly kind: 'firewall'; readonly name: string; readonly why: string }
  /** The engine of the fleet can be reached, or cannot any more. `count`: changes that the other members have not been told of. */
  | { readonly kind: 'fleet-connected'; readonly count: number }
  | { readonly kind: 'fleet-unreachable'; readonly count: number; readonly reason: string }
  /** No stranger can reach these ports, by the whole ruleset. */
  | { readonly kind: 'judged-closed'; readonly ports: readonly string[] }
  /** `how`: what confirms it; `atTerminal`: the Enter key does too. */
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
