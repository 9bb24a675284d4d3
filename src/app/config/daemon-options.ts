import type { InterfaceSetting } from '../../core/config/values/parse-interfaces.ts';
import type { Millis } from '../../core/net/time.ts';

/** What tells one daemon on this machine from another. */
export type DaemonPlace = {
  readonly configFile: string;
  /** Given on the command line: it goes before the configuration's. */
  readonly interfaces?: { readonly text: string; readonly choice: InterfaceSetting };
  readonly stateDirectory: string;
};

export type DaemonOptions = DaemonPlace & {
  /** This program's, for who asks. */
  readonly version?: string;
  readonly pidFile?: string;
  readonly logFile?: string;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly lookUpNames: boolean;
  readonly ipv6: boolean;
  /** Runs in the background, with a pid file. */
  readonly background: boolean;
  /** A service manager has started it. */
  readonly isService?: boolean;
  /** It has given up what commands and hooks may need. */
  readonly narrowed?: boolean;
  /** Asked for by `bussa up`: it does not lock out whoever is connected. */
  readonly guard?: GuardOptions;
};

/** What `bussa up` was told. */
export type GuardOptions = {
  /** Close the ports even if somebody is connected to them. */
  readonly closeAnyway: boolean;
  /** Undo everything unless it is confirmed within this time. */
  readonly confirmWithin?: Millis;
  /** The command that confirms, as the operator would type it. */
  readonly confirmCommand: string;
};

export const DEFAULT_CONFIG_FILE = '/etc/knockd.conf';
export const DEFAULT_STATE_DIRECTORY = '/var/lib/bussa';
export const DEFAULT_PID_FILE = '/var/run/knockd.pid';
