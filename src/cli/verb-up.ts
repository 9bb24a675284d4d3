import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DaemonOptions, DaemonPlace, GuardOptions } from '../app/daemon/daemon-options.ts';
import { type Millis, seconds } from '../core/net/time.ts';
import {
  DAEMON_OPTIONS,
  DEFAULT_CONFIG_FILE,
  DEFAULT_STATE_DIRECTORY,
  daemonOptions,
  type Environment,
  readValues,
} from './knockd-options.ts';
import { readOptions, UsageError } from './read-options.ts';
import type { Verb } from './verb.ts';

export const OPTIONS = {
  ...DAEMON_OPTIONS,
  yes: { type: 'boolean' },
  // `--conf` has always meant --config.
  confirm: { type: 'string', whole: true },
} as const;

const MAX_CONFIRM_SECONDS = 3600;
const PROGRAM = fileURLToPath(new URL('../../bin/bussa', import.meta.url));

export const UP: Verb = {
  operands: '[OPTIONS]',
  summary: 'run the daemon, without locking anybody out who is connected',
  help: `Runs the daemon in the foreground, printing its log. It does not close a port for the first time while somebody is
connected to it from elsewhere, unless one of these is given:

      --yes             close the ports all the same
      --confirm SECONDS undo everything after 1 to 3600 seconds, unless Enter is pressed here, or \`bussa confirm\` is
                        run from a new connection

and it takes knockd's options:

  -i, --interface NAME  listen on this interface, on a list such as eth0,wlan0, on any (the default), or on
                        auto: those that hold a default route
  -c, --config FILE     read this configuration (default /etc/knockd.conf)
  -d, --daemon          run in the background, once it listens
  -p, --pidfile FILE    with -d, write the process number here (default /var/run/knockd.pid)
  -g, --logfile FILE    append the log to this file
  -D, --debug           print every packet and every wrong knock too
  -l, --lookup          look up the names of addresses for the log
  -4, --only-ip-v4      leave IPv6 out
      --state DIR       keep what has to survive a crash here (default /var/lib/bussa)
`,
  parse: (args, environment) => {
    const options = parseUpOptions(args, environment);
    return async ({ complain }) => {
      const { startOrRun } = await import('../app/daemon/background.ts');
      return startOrRun(options, complain);
    };
  },
};

/** Throws a `UsageError`. */
export function parseUpOptions(args: readonly string[], environment: Environment): DaemonOptions {
  const { options, operands } = readOptions(OPTIONS, args);
  const [stray] = operands;
  if (stray !== undefined) throw new UsageError(`'${stray}' is no option of bussa up`);
  const values = readValues(OPTIONS, options);
  const daemon = daemonOptions(values, environment);
  const confirm = values.get('confirm');
  const guard: GuardOptions = {
    closeAnyway: values.has('yes'),
    confirmCommand: renderConfirmCommand(daemon),
    ...(confirm === undefined ? {} : { confirmWithin: parseConfirm(confirm) }),
  };
  return { ...daemon, verbose: true, guard };
}

function parseConfirm(text: string): Millis {
  const value = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= MAX_CONFIRM_SECONDS) return seconds(value);
  throw new UsageError(
    `bad time '${text}' for --confirm: give whole seconds from 1 to ${MAX_CONFIRM_SECONDS}, such as 60`,
  );
}

/** As it can be typed in any directory. */
function renderConfirmCommand({ configFile, stateDirectory, interfaces }: DaemonPlace): string {
  const words = [PROGRAM, 'confirm'];
  if (configFile !== DEFAULT_CONFIG_FILE) words.push('-c', resolve(configFile));
  if (stateDirectory !== DEFAULT_STATE_DIRECTORY) words.push('--state', resolve(stateDirectory));
  if (interfaces !== undefined) words.push('-i', interfaces.text);
  return words.map(quote).join(' ');
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[A-Za-z0-9_./,@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
