import { renderDiagnostic } from '../../../core/text/diagnostic.ts';
import { describeRefusal } from '../../../host/ffi/describe-refusal.ts';
import { isForbidden, isRefusal } from '../../../host/ffi/is-refusal.ts';
import { holdPiped } from '../../../host/files/descriptor-path.ts';
import { hasCapability } from '../../../host/privileges/capabilities.ts';
import { tightenUmask } from '../../../host/process/callers-umask.ts';
import { EXIT, type ExitStatus } from '../../../host/self/exit-status.ts';
import { nameProcess } from '../../../host/self/process-name.ts';
import { mapLongPiecesAlone, preferSmallMemory, releaseMemory } from '../../../host/self/release-memory.ts';
import { ServiceManager } from '../../../host/service-manager/service-manager.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import { loadConfig } from '../../config/load-config.ts';
import { AlreadyRunningError } from '../../state/open-state.ts';
import type { Daemon } from '../composition/daemon.ts';
import { LockoutError } from '../lockout-guard/lockout.ts';
import { DaemonLife } from './daemon-life.ts';
import { dropPrivileges } from './drop-privileges.ts';
import { ServiceNotice } from './service-notice.ts';

/** After the start of listening: temporary memory of the start is free by then. */
const SETTLED_MS = 1000;

/**
 * Runs the daemon until a signal ends it. `printError` prints to the user who started it. `onListening` is called when
 * packets are received. Returns the exit status.
 */
export async function runDaemon(
  options: DaemonOptions,
  printError: (line: string) => void,
  onListening: (daemon: Daemon) => void,
): Promise<ExitStatus> {
  mapLongPiecesAlone();
  holdPiped(options.configFile);
  const loaded = loadConfig(options.configFile);
  if (loaded.kind === 'bad') {
    for (const diagnostic of loaded.diagnostics) printError(renderDiagnostic(diagnostic));
    return EXIT.config;
  }
  if (!hasCapability('CAP_NET_RAW')) {
    printError(
      'knockd: watching the network needs the capability CAP_NET_RAW, which this process does not have: ' +
        'start it as root, or see `npm start` for how to grant it',
    );
    return EXIT.permission;
  }
  const drop = dropPrivileges(options, loaded.config);
  if (drop.kind === 'refused') {
    printError(`knockd: cannot start: ${drop.reason}`);
    return EXIT.failed;
  }
  tightenUmask();
  nameProcess('knockd');
  const manager = new ServiceManager(process.env, process.pid);
  const resources = new AsyncDisposableStack();
  const life = new DaemonLife(resources);
  try {
    // After the privileges are dropped: until then this process may re-execute itself.
    const { startDaemon } = await import('../composition/start-daemon.ts');
    const warnings = [...loaded.warnings.map(renderDiagnostic), ...drop.warnings];
    const given = { ...options, hasDroppedPrivileges: drop.hasDropped, isService: manager.isThere };
    const { config, authority, fleet } = loaded;
    const daemon = await startDaemon({ options: given, config, authority, fleet, warnings, resources });
    if (life.hasCrashed) return life.ended;
    daemon.begin();
    life.handTo(daemon, new ServiceNotice(manager, () => daemon.summary));
    onListening(daemon);
    void warmUp(daemon);
  } catch (error) {
    if (life.hasCrashed) return life.ended;
    await resources.disposeAsync();
    return failedStart(error, printError);
  }
  return life.ended;
}

/** At once for the first knocks, and again after the garbage collection, which drops compiled functions. */
async function warmUp(daemon: Daemon): Promise<void> {
  await daemon.warmUp();
  preferSmallMemory();
  setTimeout(() => {
    releaseMemory();
    void daemon.warmUp();
  }, SETTLED_MS).unref();
}

/** Prints why the system, another daemon or the lockout guard prevented the start. Anything else is our own bug. */
function failedStart(error: unknown, printError: (line: string) => void): ExitStatus {
  if (error instanceof LockoutError) {
    printError(`bussa: ${error.message}`);
    return EXIT.failed;
  }
  if (error instanceof AlreadyRunningError) {
    printError(`knockd: cannot start: ${error.message}`);
    return EXIT.failed;
  }
  if (!isRefusal(error)) throw error;
  printError(`knockd: cannot start: ${describeRefusal(error)}`);
  return isForbidden(error) ? EXIT.permission : EXIT.failed;
}
