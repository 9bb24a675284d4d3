import type { DaemonOptions, DaemonPlace } from '../app/daemon/daemon-options.ts';
import { parseInterfaceChoice } from '../core/config/parse-interfaces.ts';
import { type GivenOption, type OptionTable, readOptions, UsageError } from './read-options.ts';

export type KnockdCommand =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'usage-error'; readonly message: string }
  | { readonly kind: 'check'; readonly configFile: string }
  | { readonly kind: 'replay'; readonly capture: string; readonly configFile: string; readonly ipv6: boolean }
  | { readonly kind: 'daemon'; readonly options: DaemonOptions };

/** What tells one daemon on this machine from another. */
export const PLACE_OPTIONS = {
  interface: { type: 'string', short: 'i' },
  config: { type: 'string', short: 'c' },
  state: { type: 'string' },
} as const;

/** Those of a daemon that listens. */
export const DAEMON_OPTIONS = {
  ...PLACE_OPTIONS,
  daemon: { type: 'boolean', short: 'd' },
  debug: { type: 'boolean', short: 'D' },
  lookup: { type: 'boolean', short: 'l' },
  pidfile: { type: 'string', short: 'p' },
  logfile: { type: 'string', short: 'g' },
  verbose: { type: 'boolean', short: 'v' },
  'only-ip-v4': { type: 'boolean', short: '4' },
} as const;

export const OPTIONS = {
  ...DAEMON_OPTIONS,
  check: { type: 'boolean' },
  read: { type: 'string' },
  version: { type: 'boolean', short: 'V' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const DEFAULT_CONFIG_FILE = '/etc/knockd.conf';
export const DEFAULT_STATE_DIRECTORY = '/var/lib/bussa';

export type Environment = Readonly<Record<string, string | undefined>>;

/** knockd's options, with `--check`, `--read` and `--state` beside them. The first help or version asked for wins. */
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
  if (stray !== undefined) throw new UsageError(`'${stray}' is no option: knockd takes nothing else`);
  const configFile = values.get('config') ?? DEFAULT_CONFIG_FILE;
  const ipv6 = !values.has('only-ip-v4');
  if (values.has('check')) return { kind: 'check', configFile };
  const capture = values.get('read');
  if (capture !== undefined) return { kind: 'replay', capture, configFile, ipv6 };
  return { kind: 'daemon', options: daemonOptions(values, environment) };
}

/** By the options' names; the last one given counts. Throws a `UsageError`. */
export function readValues<Table extends OptionTable>(
  table: Table,
  options: readonly GivenOption<Table>[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { name, value } of options) {
    if (table[name]?.type === 'string' && value === '') {
      throw new UsageError(`option '--${name}' needs a value that is not empty`);
    }
    values.set(name, value);
  }
  return values;
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
  const result = parseInterfaceChoice(text);
  if (result.kind === 'bad')
    throw new UsageError(`option '--interface ${text}': ${result.mistakes[0].message}`);
  return { interfaces: { text, choice: result.choice } };
}

/** systemd.exec(5): the first of the directories that the unit owns. */
function systemdStateDirectory(environment: Environment): string | undefined {
  return environment.STATE_DIRECTORY?.split(':')[0] || undefined;
}
