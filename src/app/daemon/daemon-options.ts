import type { InterfaceChoice } from '../../core/config/config.ts';

export type DaemonOptions = {
  readonly configFile: string;
  /** Given on the command line: it goes before the configuration's. */
  readonly interfaces?: { readonly text: string; readonly choice: InterfaceChoice };
  readonly pidFile?: string;
  readonly logFile?: string;
  readonly stateDirectory: string;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly lookUpNames: boolean;
  readonly ipv6: boolean;
  /** Runs in the background, with a pid file. */
  readonly background: boolean;
};

export const DEFAULT_PID_FILE = '/var/run/knockd.pid';
