import type { AttachPoint } from '../door/attach-point.ts';
import type { DoorSpec } from '../door/door.ts';
import type { DaemonHooks } from '../door/hook.ts';
import type { Diagnostic } from './diagnostic.ts';

/** Which interfaces are listened on. `auto`: those that hold a default route. */
export type InterfaceChoice =
  | { readonly kind: 'any' }
  | { readonly kind: 'auto' }
  | { readonly kind: 'named'; readonly names: readonly string[] };

export type FirewallName = 'nftables' | 'iptables' | 'auto';

/** What becomes of the ports that only doors let in to when the daemon ends in order. */
export type OnExit = 'open' | 'keep';

export type Settings = {
  readonly useSyslog: boolean;
  readonly logFile?: string;
  readonly pidFile?: string;
  readonly interfaces?: InterfaceChoice;
  /** `auto` if it is absent. */
  readonly firewall?: FirewallName;
  /** Chains of another owner in which leased sources must be let in. Never empty. */
  readonly attach?: readonly [AttachPoint, ...AttachPoint[]];
  /** `open` if it is absent. */
  readonly onExit?: OnExit;
  readonly hooks?: DaemonHooks;
};

export type Config = { readonly settings: Settings; readonly doors: readonly DoorSpec[] };

/** A whole configuration, or every mistake in it. Warnings come with either. */
export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };
