import type { InterfaceSetting } from '../../core/config/values/parse-interfaces.ts';
import type { Millis } from '../../core/net/time.ts';

/** Tells one daemon on this machine from another. */
export type DaemonPlace = {
  readonly configFile: string;
  /** From the command line. Takes precedence over the configuration. */
  readonly interfaces?: { readonly text: string; readonly choice: InterfaceSetting };
  readonly stateDirectory: string;
};

export type DaemonOptions = DaemonPlace & {
  /** This program's version, for status requests. */
  readonly version?: string;
  readonly pidFile?: string;
  readonly logFile?: string;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly lookUpNames: boolean;
  readonly ipv6: boolean;
  /** Runs in the background, with a pid file. */
  readonly background: boolean;
  /** Started by a service manager. */
  readonly isService?: boolean;
  /** It has dropped the privileges that commands and hooks may need. */
  readonly hasDroppedPrivileges?: boolean;
  /** Set by `bussa up`: do not lock out connected users. */
  readonly guard?: GuardOptions;
};

/** Options of `bussa up`. */
export type GuardOptions = {
  /** Close the ports even if somebody is connected to them. */
  readonly closeAnyway: boolean;
  /** Roll everything back unless confirmed within this time. */
  readonly confirmWithin?: Millis;
  /** The command that confirms, as the operator would type it. */
  readonly confirmCommand: string;
};

export const DEFAULT_CONFIG_FILE = '/etc/knockd.conf';
export const DEFAULT_STATE_DIRECTORY = '/var/lib/bussa';
export const DEFAULT_PID_FILE = '/var/run/knockd.pid';
