import { join } from 'node:path';
import { askControl, ControlError } from '../host/control/control-client.ts';
import type { DaemonPlace } from './daemon/daemon-options.ts';
import { controlSocketIn, stateName } from './daemon/open-state.ts';

/** sysexits.h, and 1 for what has no number of its own. */
const EXIT = { ok: 0, failed: 1, unavailable: 69, permission: 77 } as const;

/** Tells the daemon of this configuration that its doors work. Returns the exit status. */
export async function confirm(
  place: DaemonPlace,
  say: (line: string) => void,
  complain: (line: string) => void,
): Promise<number> {
  const { configFile, interfaces, stateDirectory } = place;
  const path = controlSocketIn(join(stateDirectory, stateName(configFile, interfaces?.text)));
  let answer: unknown;
  try {
    answer = await askControl(path, { verb: 'confirm' });
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    complain(`bussa: ${renderFailure(error, configFile)}`);
    return error.code === 'EACCES' || error.code === 'EPERM' ? EXIT.permission : EXIT.unavailable;
  }
  const { ok, confirmed } = answer as { readonly ok?: unknown; readonly confirmed?: unknown };
  if (ok !== true) {
    complain(`bussa: the daemon did not understand: ${JSON.stringify(answer)}; is it of another version?`);
    return EXIT.failed;
  }
  say(
    confirmed === true
      ? 'Confirmed: the ports stay closed to all but knockers.'
      : 'There is nothing to confirm: the daemon does not wait for it.',
  );
  return EXIT.ok;
}

function renderFailure({ code, message }: ControlError, configFile: string): string {
  if (code === 'EACCES' || code === 'EPERM') return `${message}: run it as the user that the daemon runs as`;
  if (code !== 'ENOENT' && code !== 'ECONNREFUSED') return `the daemon does not answer: ${message}`;
  return (
    `no daemon of ${configFile} runs (${message}): start it with \`bussa up\`, ` +
    'or name the one that does with the same -c, -i and --state that it was started with'
  );
}
