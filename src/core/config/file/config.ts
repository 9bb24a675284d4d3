import type { AttachPoint } from '../../door/attach-point.ts';
import type { DoorSpec } from '../../door/door.ts';
import type { DaemonHooks } from '../../door/hook.ts';
import type { PortOpening } from '../../door/port-opening.ts';
import type { Port } from '../../net/port.ts';
import { type Millis, seconds } from '../../net/time.ts';
import type { SpaTransport } from '../../spa/spa-transport.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import type { InterfaceSetting } from '../values/parse-interfaces.ts';
import type { MetricsPlace } from '../values/parse-metrics.ts';

export type LogFormat = 'text' | 'json';

export type FirewallName = 'nftables' | 'iptables' | 'auto';

/** What becomes of the ports that only doors let in to when the daemon ends in order. */
export type OnExit = 'open' | 'keep';

export type Settings = {
  readonly useSyslog: boolean;
  readonly logFile?: string;
  /** `text` if it is absent. */
  readonly logFormat?: LogFormat;
  readonly pidFile?: string;
  readonly metrics?: MetricsPlace;
  readonly interfaces?: InterfaceSetting;
  /** `auto` if it is absent. */
  readonly firewall?: FirewallName;
  /** Chains of another owner in which leased sources must be let in. Never empty. */
  readonly attach?: readonly [AttachPoint, ...AttachPoint[]];
  /** `open` if it is absent. */
  readonly onExit?: OnExit;
  /** Whose members may ask and order the daemon; the daemon's own user alone if it is absent. */
  readonly controlGroup?: string;
  /** On if it is absent. */
  readonly scanGuard?: 'on' | 'off';
  /** `DEFAULT_SCAN_PENALTY` if it is absent. */
  readonly scanPenalty?: Millis;
  /** Ports in use that the host's own sockets do not show. Never empty. */
  readonly scanIgnore?: readonly [PortOpening, ...PortOpening[]];
  /** Who may sign knocks; `DEFAULT_USERS_FILE` if it is absent. */
  readonly usersFile?: string;
  /** The secret that signed knocks are sealed to; `DEFAULT_SERVER_KEY` if it is absent. */
  readonly serverKey?: string;
  /** The UDP port that signed knocks are sent to. Nothing listens there. */
  readonly signedPort?: Port;
  /** Signed knocks are answered if it is absent. */
  readonly reply?: 'yes' | 'no';
  /** By how much a signed knock's time may differ; `DEFAULT_CLOCK_WINDOW` if it is absent. */
  readonly clockWindow?: Millis;
  /** Where packets of fwknop are sent; `DEFAULT_SPA_PORT` if it is absent. */
  readonly spaPort?: Port;
  /** All if it is absent. */
  readonly spaTransports?: readonly SpaTransport[];
  readonly hooks?: DaemonHooks;
  /** Other hosts that leases and bans are shared with. */
  readonly fleet?: FleetSettings;
};

/** What the section [fleet] says. */
export type FleetSettings = {
  /** Where the engine is, in the canonical form of `renderEngine`. */
  readonly engine: string;
  /** This host's name in the fleet. */
  readonly name: string;
  readonly keyFile: string;
  readonly membersFile: string;
  /** By how much the clocks of two members may differ. */
  readonly skew: Millis;
  /** Whose processes may reach the socket `fleet`; the daemon's own user alone if it is absent. */
  readonly group?: string;
};

export const DEFAULT_FLEET_KEY = '/etc/bussa/fleet.key';
export const DEFAULT_FLEET_MEMBERS = '/etc/bussa/fleet-members';
export const DEFAULT_FLEET_SKEW = seconds(60);

export const DEFAULT_USERS_FILE = '/etc/bussa/users.conf';
export const DEFAULT_SERVER_KEY = '/etc/bussa/server.key';

export const DEFAULT_CLOCK_WINDOW = seconds(60);

/** Each used knock is remembered for twice as long. */
export const MAX_CLOCK_WINDOW = seconds(3600);

/** Longer than the pause between the probes of a patient scan (nmap -T1: 15 s), and short for who only mistyped. */
export const DEFAULT_SCAN_PENALTY = seconds(60);

/** Suspicions are kept by a clock of 32 bits in milliseconds. */
export const MAX_SCAN_PENALTY = seconds(86_400);

export type Config = { readonly settings: Settings; readonly doors: readonly DoorSpec[] };

/** A whole configuration, or every mistake in it. Warnings come with either. */
export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };
