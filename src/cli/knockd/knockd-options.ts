import {
  type DaemonOptions,
  type DaemonPlace,
  DEFAULT_CONFIG_FILE,
  DEFAULT_STATE_DIRECTORY,
} from '../../app/config/daemon-options.ts';
import { parseInterfaceSetting } from '../../core/config/values/parse-interfaces.ts';
import type { OptionTable } from '../arguments/option.ts';
import { readOptions, readValues, UsageError } from '../arguments/read-options.ts';
import type { Environment } from '../arguments/verb.ts';

export type KnockdCommand =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'usage-error'; readonly message: string }
  | { readonly kind: 'check'; readonly configFile: string }
  | { readonly kind: 'replay'; readonly capture: string; readonly configFile: string; readonly ipv6: boolean }
  | { readonly kind: 'daemon'; readonly options: DaemonOptions };

/** Tells one daemon on this machine from another. */
export const PLACE_OPTIONS = {
  interface: {
    type: 'string',
    short: 'i',
    value: 'NAME',
    completes: 'interface',
    summary: 'listen on this interface, on a list such as `eth0,wlan0`, on `any`, or on `auto`',
    details:
      '`any`, the default, means all interfaces, `auto` those with a default route. Overrides the directive `Interface`.',
  },
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    completes: 'file',
    summary: 'read this configuration (default `/etc/knockd.conf`)',
  },
  state: {
    type: 'string',
    value: 'DIR',
    completes: 'directory',
    summary: 'keep state that must survive a crash here (default `/var/lib/bussa`)',
  },
} as const satisfies OptionTable;

/** Options of a daemon that listens. */
export const DAEMON_OPTIONS = {
  ...PLACE_OPTIONS,
  daemon: {
    type: 'boolean',
    short: 'd',
    summary: 'run in the background, once it listens',
    details:
      'The command exits with status 0 once the daemon is listening, or with another status and the reason if that fails. The pid file is written before that. If it cannot be written, the command says so, and the daemon listens all the same.',
  },
  pidfile: {
    type: 'string',
    short: 'p',
    value: 'FILE',
    completes: 'file',
    summary: 'with `-d`, write the process ID here (default `/var/run/knockd.pid`)',
    details: 'The directive `PidFile` overrides it.',
  },
  logfile: {
    type: 'string',
    short: 'g',
    value: 'FILE',
    completes: 'file',
    summary: 'append the log to this file',
    details: 'The directive `LogFile` overrides it.',
  },
  verbose: { type: 'boolean', short: 'v', summary: 'print the log as well' },
  debug: {
    type: 'boolean',
    short: 'D',
    summary: 'print every packet and every wrong knock too',
    details:
      'These are printed only to the terminal, never to the log. Keep them to yourself: they reveal the decoy ports.',
  },
  lookup: {
    type: 'boolean',
    short: 'l',
    summary: 'look up the names of addresses for the log',
    details:
      'Whoever controls the reverse zone of an address chooses its name. A lookup never delays a packet.',
  },
  'only-ip-v4': { type: 'boolean', short: '4', summary: 'ignore IPv6' },
} as const satisfies OptionTable;

export const OPTIONS = {
  ...DAEMON_OPTIONS,
  check: {
    type: 'boolean',
    summary: 'check the configuration, and exit',
    details: 'Reports every mistake; the status is 0 or 78. It does not listen and needs no privilege.',
  },
  read: {
    type: 'string',
    value: 'FILE',
    completes: 'file',
    summary: 'print what the packets of a pcap or pcapng file would have done, and exit',
    details:
      'The packets, for instance of `tcpdump`, are judged by their own timestamps, and nothing is run. This needs no capability.',
  },
  version: { type: 'boolean', short: 'V', summary: 'print the version' },
  help: { type: 'boolean', short: 'h', summary: 'print this help' },
} as const satisfies OptionTable;

/** knockd's options, plus `--check`, `--read` and `--state`. The first --help or --version wins. */
export function parseKnockdOptions(args: readonly string[], environment: Environment): KnockdCommand {
  try {
    return readCommand(args, environment);
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'usage-error', message: error.message };
    throw error;
  }
}

function readCommand(args: readonly string[], environment: Environment): KnockdCommand {
  const { options, operands } = readOptions(OPTIONS, args);
  for (const { name } of options) if (name === 'help' || name === 'version') return { kind: name };
  const values = readValues(OPTIONS, options);
  const [stray] = operands;
  if (stray !== undefined)
    throw new UsageError(`unexpected argument '${stray}': knockd accepts only options`);
  const configFile = values.get('config') ?? DEFAULT_CONFIG_FILE;
  const ipv6 = !values.has('only-ip-v4');
  if (values.has('check')) return { kind: 'check', configFile };
  const capture = values.get('read');
  if (capture !== undefined) return { kind: 'replay', capture, configFile, ipv6 };
  return { kind: 'daemon', options: daemonOptions(values, environment) };
}

/** Values by the names in `DAEMON_OPTIONS`. Throws a `UsageError`. */
export function daemonOptions(values: ReadonlyMap<string, string>, environment: Environment): DaemonOptions {
  const pidFile = values.get('pidfile');
  const logFile = values.get('logfile');
  return {
    ...placeOptions(values, environment),
    ...(pidFile === undefined ? {} : { pidFile }),
    ...(logFile === undefined ? {} : { logFile }),
    verbose: values.has('verbose'),
    debug: values.has('debug'),
    lookUpNames: values.has('lookup'),
    ipv6: !values.has('only-ip-v4'),
    background: values.has('daemon'),
  };
}

/** Values by the names in `PLACE_OPTIONS`. Throws a `UsageError`. */
export function placeOptions(values: ReadonlyMap<string, string>, environment: Environment): DaemonPlace {
  return {
    configFile: values.get('config') ?? DEFAULT_CONFIG_FILE,
    ...interfaceOption(values.get('interface')),
    stateDirectory: values.get('state') ?? systemdStateDirectory(environment) ?? DEFAULT_STATE_DIRECTORY,
  };
}

function interfaceOption(text: string | undefined): Pick<DaemonOptions, 'interfaces'> {
  if (text === undefined) return {};
  const result = parseInterfaceSetting(text);
  if (result.kind === 'bad')
    throw new UsageError(`option '--interface ${text}': ${result.mistakes[0].message}`);
  return { interfaces: { text, choice: result.choice } };
}

/** systemd.exec(5): the first of the directories that the unit owns. */
export function systemdStateDirectory(environment: Environment): string | undefined {
  return environment.STATE_DIRECTORY?.split(':')[0] || undefined;
}
