import { join } from 'node:path';
import type { StartOptions } from '../../core/control/daemon-status.ts';
import { quoteWord } from '../../core/text/quote-word.ts';
import { programWord } from '../../host/self/program-word.ts';
import { findInstalledService } from '../../host/service-manager/installed-service.ts';
import { DEFAULT_CONFIG_FILE, DEFAULT_STATE_DIRECTORY } from '../config/daemon-options.ts';
import { pidIn } from '../state/holder-pid.ts';
import { stateName } from '../state/open-state.ts';
import { startSwitch } from './start-switch.ts';

const KNOCKD = new URL('../../../bin/knockd', import.meta.url).href;
const BUSSA = new URL('../../../bin/bussa', import.meta.url).href;

/** The daemon to start. */
export type SelectedDaemon = {
  readonly configFile: string;
  readonly interfaces?: string;
  readonly stateDirectory: string;
  /** The options of its last start, if known. */
  readonly options?: StartOptions;
};

export type StartMethod = {
  readonly by: 'systemctl-start' | 'systemctl-unmask' | 'init-start' | 'knockd-start';
  readonly command: string;
};

/** Whether this is the daemon of the host's service, as far as can be told while it does not run. */
export function isOfService({ configFile, interfaces, stateDirectory, options }: SelectedDaemon): boolean {
  if (options?.isService === true) return true;
  return (
    configFile === DEFAULT_CONFIG_FILE &&
    (interfaces ?? options?.interfaces) === undefined &&
    stateDirectory === DEFAULT_STATE_DIRECTORY
  );
}

const STARTS = {
  unit: { by: 'systemctl-start', start: 'systemctl start knockd' },
  masked: { by: 'systemctl-unmask', start: 'systemctl unmask knockd && systemctl start knockd' },
  script: { by: 'init-start', start: '/etc/init.d/knockd start' },
} as const;

/** How to start the daemon on this host: by its service if there is one, else directly in the background. */
export function startMethod(daemon: SelectedDaemon): StartMethod {
  const service = findInstalledService('knockd');
  if (!isOfService(daemon) || service.kind === 'none') {
    return { by: 'knockd-start', command: startByHand(daemon) };
  }
  const { by, start } = STARTS[service.kind];
  const allow = startSwitch(service)?.command;
  return { by, command: allow === undefined ? start : `${allow} && ${start}` };
}

export type RestartMethod = {
  readonly by: 'systemctl-restart' | 'knockd-restart';
  readonly command: string;
};

/** How to restart a running daemon that is of no use. `undefined`: its process is not known. */
export function restartMethod(daemon: SelectedDaemon, isHung: boolean): RestartMethod | undefined {
  const { by, command } = startMethod(daemon);
  if (by === 'systemctl-start') {
    // A hung daemon does not react to a normal stop.
    const kill = isHung ? 'systemctl kill --signal=KILL knockd; ' : '';
    return { by: 'systemctl-restart', command: `${kill}systemctl restart knockd` };
  }
  const { configFile, interfaces, options, stateDirectory } = daemon;
  const pid = pidIn(join(stateDirectory, stateName(configFile, interfaces ?? options?.interfaces)));
  return pid === undefined ? undefined : { by: 'knockd-restart', command: `kill -KILL ${pid} && ${command}` };
}

function startByHand({ configFile, interfaces, stateDirectory, options }: SelectedDaemon): string {
  const place = renderPlace({ configFile, interfaces: interfaces ?? options?.interfaces, stateDirectory });
  const words = [programWord('knockd', KNOCKD), '-d', ...place];
  if (options?.logFile !== undefined) words.push('-g', options.logFile);
  if (options?.pidFile !== undefined) words.push('-p', options.pidFile);
  if (options?.ipv6 === false) words.push('-4');
  if (options?.lookUpNames === true) words.push('-l');
  return words.map(quoteWord).join(' ');
}

/** The command line of `bussa` with this verb for this daemon. It works in any directory. */
export function bussaCommand(verb: string, daemon: SelectedDaemon): string {
  const interfaces = daemon.interfaces ?? daemon.options?.interfaces;
  return [programWord('bussa', BUSSA), verb, ...renderPlace({ ...daemon, interfaces })]
    .map(quoteWord)
    .join(' ');
}

function renderPlace(place: {
  readonly configFile: string;
  readonly interfaces: string | undefined;
  readonly stateDirectory: string;
}): string[] {
  const { configFile, interfaces, stateDirectory } = place;
  return [
    ...(configFile === DEFAULT_CONFIG_FILE ? [] : ['-c', configFile]),
    ...(interfaces === undefined ? [] : ['-i', interfaces]),
    ...(stateDirectory === DEFAULT_STATE_DIRECTORY ? [] : ['--state', stateDirectory]),
  ];
}

export const checkCommand = (file: string): string =>
  [programWord('bussa', BUSSA), 'check', file].map(quoteWord).join(' ');
