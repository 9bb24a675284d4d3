import type { DaemonOptions } from '../app/daemon/daemon-options.ts';
import { parseInterfaceChoice } from '../core/config/parse-interfaces.ts';
import { readOptions, UsageError } from './read-options.ts';

export type KnockdCommand =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'usage-error'; readonly message: string }
  | { readonly kind: 'check'; readonly configFile: string }
  | { readonly kind: 'replay'; readonly capture: string; readonly configFile: string; readonly ipv6: boolean }
  | { readonly kind: 'daemon'; readonly options: DaemonOptions };

const OPTIONS = {
  interface: { type: 'string', short: 'i' },
  daemon: { type: 'boolean', short: 'd' },
  config: { type: 'string', short: 'c' },
  debug: { type: 'boolean', short: 'D' },
  lookup: { type: 'boolean', short: 'l' },
  pidfile: { type: 'string', short: 'p' },
  logfile: { type: 'string', short: 'g' },
  check: { type: 'boolean' },
  read: { type: 'string' },
  state: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
  'only-ip-v4': { type: 'boolean', short: '4' },
  version: { type: 'boolean', short: 'V' },
  help: { type: 'boolean', short: 'h' },
} as const;

const DEFAULT_CONFIG_FILE = '/etc/knockd.conf';
const DEFAULT_STATE_DIRECTORY = '/var/lib/bussa';

type Environment = Readonly<Record<string, string | undefined>>;

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
  const values = new Map<string, string>();
  for (const { name, value } of options) {
    if (name === 'help' || name === 'version') return { kind: name };
    if (OPTIONS[name].type === 'string' && value === '') {
      throw new UsageError(`option '--${name}' needs a value that is not empty`);
    }
    values.set(name, value);
  }
  const [stray] = operands;
  if (stray !== undefined) throw new UsageError(`'${stray}' is no option: knockd takes nothing else`);
  const configFile = values.get('config') ?? DEFAULT_CONFIG_FILE;
  const ipv6 = !values.has('only-ip-v4');
  if (values.has('check')) return { kind: 'check', configFile };
  const capture = values.get('read');
  if (capture !== undefined) return { kind: 'replay', capture, configFile, ipv6 };
  return { kind: 'daemon', options: daemonOptions(values, configFile, ipv6, environment) };
}

function daemonOptions(
  values: ReadonlyMap<string, string>,
  configFile: string,
  ipv6: boolean,
  environment: Environment,
): DaemonOptions {
  const pidFile = values.get('pidfile');
  const logFile = values.get('logfile');
  return {
    configFile,
    ...interfaceOption(values.get('interface')),
    ...(pidFile === undefined ? {} : { pidFile }),
    ...(logFile === undefined ? {} : { logFile }),
    stateDirectory: values.get('state') ?? systemdStateDirectory(environment) ?? DEFAULT_STATE_DIRECTORY,
    verbose: values.has('verbose'),
    debug: values.has('debug'),
    lookUpNames: values.has('lookup'),
    ipv6,
    background: values.has('daemon'),
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
