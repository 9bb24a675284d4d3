import type { DaemonPlace } from '../app/daemon/daemon-options.ts';
import { type Environment, PLACE_OPTIONS, placeOptions, readValues } from './knockd-options.ts';
import { readOptions, UsageError } from './read-options.ts';
import type { Verb } from './verb.ts';

export const CONFIRM: Verb = {
  operands: '[OPTIONS]',
  summary: 'keep what `bussa up --confirm` has closed',
  help: `Tells the daemon that was started with --confirm that its doors work. Run it from a connection that was made
after the ports were closed: that proves that the knock opens them.

  -c, --config FILE     the daemon's configuration (default /etc/knockd.conf)
  -i, --interface NAME  its interfaces, if it was started with -i
      --state DIR       its state directory (default /var/lib/bussa)
`,
  parse: (args, environment) => {
    const place = parseConfirmOptions(args, environment);
    return async ({ say, complain }) => {
      const { confirm } = await import('../app/confirm.ts');
      return confirm(place, say, complain);
    };
  },
};

/** Which daemon is meant. Throws a `UsageError`. */
export function parseConfirmOptions(args: readonly string[], environment: Environment): DaemonPlace {
  const { options, operands } = readOptions(PLACE_OPTIONS, args);
  const [stray] = operands;
  if (stray !== undefined) throw new UsageError(`'${stray}' is no option of bussa confirm`);
  return placeOptions(readValues(PLACE_OPTIONS, options), environment);
}
