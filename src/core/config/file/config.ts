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

/** What happens to the doors' ports when the daemon ends in order. */
export type OnExit = 'open' | 'keep';

export type Settings = {
  readonly useSyslog: boolean;
  readonly logFile?: string;
  /** Default: `text`. */
  readonly logFormat?: LogFormat;
  readonly pidFile?: string;
  readonly metrics?: MetricsPlace;
  readonly interfaces?: InterfaceSetting;
  /** Default: `auto`. */
  readonly firewall?: FirewallName;
  /** Foreign chains in which leased sources must be accepted. Never empty. */
  readonly attach?: readonly [AttachPoint, ...AttachPoint[]];
  /** Default: `open`. */
  readonly onExit?: OnExit;
  /** Group whose members may query and control the daemon. Default: only the daemon's own user. */
  readonly controlGroup?: string;
  /** Default: on. */
  readonly scanGuard?: 'on' | 'off';
  /** Default: `DEFAULT_SCAN_PENALTY`. */
  readonly scanPenalty?: Millis;
  /** Ports in use that the host's own sockets do not show. Never empty. */
  readonly scanIgnore?: readonly [PortOpening, ...PortOpening[]];
  /** The users file. Default: `DEFAULT_USERS_FILE`. */
  readonly usersFile?: string;
  /** The secret key that signed knocks are encrypted to. Default: `DEFAULT_SERVER_KEY`. */
  readonly serverKey?: string;
  /** The UDP port for signed knocks. Nothing listens there. */
  readonly signedPort?: Port;
  /** Whether signed knocks are answered. Default: yes. */
  readonly reply?: 'yes' | 'no';
  /** How far a signed knock's time may be off. Default: `DEFAULT_CLOCK_WINDOW`. */
  readonly clockWindow?: Millis;
  /** The port of fwknop packets. Default: `DEFAULT_SPA_PORT`. */
  readonly spaPort?: Port;
  /** Default: all. */
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

/** Longer than the pause between the probes of a slow scan (nmap -T1: 15 s), and short for somebody who mistyped. */
export const DEFAULT_SCAN_PENALTY = seconds(60);

/** Penalties are timed by a 32-bit clock in milliseconds. */
export const MAX_SCAN_PENALTY = seconds(86_400);

export type Config = { readonly settings: Settings; readonly doors: readonly DoorSpec[] };

/** A whole configuration, or every mistake in it. Warnings come with either. */
export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };
