import {
  type DaemonOptions,
  type DaemonPlace,
  DEFAULT_CONFIG_FILE,
  DEFAULT_STATE_DIRECTORY,
  type GuardOptions,
} from '../../../app/config/daemon-options.ts';
import { type Millis, seconds } from '../../../core/net/time.ts';
import { quoteWord } from '../../../core/text/quote-word.ts';
import { absolutePath } from '../../../host/files/absolute-path.ts';
import { ownLauncher } from '../../../host/self/own-program.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Environment, Verb } from '../../arguments/verb.ts';
import { DAEMON_OPTIONS, daemonOptions } from '../../knockd/knockd-options.ts';
import { packageVersion } from '../../process/package-version.ts';

export const OPTIONS = {
  yes: { type: 'boolean', summary: 'close the ports even if somebody is connected to them' },
  confirm: {
    type: 'string',
    value: 'SECONDS',
    // For knockd's users, `--conf` is an abbreviation of --config.
    whole: true,
    summary: 'revert everything after 1 to 3600 seconds unless confirmed',
    details:
      'At that time the doors are closed, the firewall is as it was before, whatever `On_Exit` says, the ports are no longer recorded as closed before, and the exit status is 1. To confirm, press Enter at the terminal where it runs, or run `bussa confirm`. Time during which the machine sleeps counts. A separate process reverts everything if the daemon dies. If the daemon hangs, that process kills it 20 seconds after the time and reverts everything. A reload has to wait until the trial is confirmed.',
  },
  ...DAEMON_OPTIONS,
} as const satisfies OptionTable;

const MAX_CONFIRM_SECONDS = 3600;
const LAUNCHER = new URL('../../../../bin/bussa', import.meta.url).href;

export const UP: Verb = {
  name: 'up',
  summary: 'run the daemon without locking out anybody who is connected',
  description: [
    'Runs the daemon, `knockd`, in the foreground, and prints its log. It does not close a port for the first time while a connection to it from another machine is established, unless `--yes` or `--confirm` is given. Instead, it exits with status 1 before it changes anything, and says who is connected to which port. Established connections would continue, but a new one would need the knock.',
    'The state directory records the ports that the daemon has closed before; it does not ask about these again. A reload that would close a new port under an established connection is refused, and the old configuration stays in force.',
    "TCP connections to this host are read from the kernel's sockets; connections over UDP and through forwarded ports from its connection tracking (`/proc/net/nf_conntrack`). If the kernel has no such file, or does not track connections yet, the latter are not seen. Connections from this host's own addresses do not count.",
  ],
  operands: [],
  options: OPTIONS,
  streams: true,
  read: ({ values }, environment) => {
    const options = upOptions(values, environment);
    return async ({ error }) => {
      const { startOrRun } = await import('../../../app/daemon/process/background.ts');
      return startOrRun({ ...options, version: await packageVersion() }, error);
    };
  },
};

/** Values by the names in `OPTIONS`. Throws a `UsageError`. */
export function upOptions(values: ReadonlyMap<string, string>, environment: Environment): DaemonOptions {
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

/** Works in any directory. */
function renderConfirmCommand({ configFile, stateDirectory, interfaces }: DaemonPlace): string {
  const words = [ownLauncher(LAUNCHER), 'confirm'];
  if (configFile !== DEFAULT_CONFIG_FILE) words.push('-c', absolutePath(configFile));
  if (stateDirectory !== DEFAULT_STATE_DIRECTORY) words.push('--state', absolutePath(stateDirectory));
  if (interfaces !== undefined) words.push('-i', interfaces.text);
  return words.map(quoteWord).join(' ');
}
