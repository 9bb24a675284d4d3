import type { Config } from '../../core/config/file/config.ts';
import { parseInterfaceSetting } from '../../core/config/values/parse-interfaces.ts';
import type { DaemonStatus, StartOptions } from '../../core/control/daemon-status.ts';
import type { Finding, Fix, Hint, StartKind } from '../../core/doctor/finding.ts';
import { look, ok, unknown, warning } from '../../core/doctor/finding.ts';
import { inFleet } from '../../core/door/fleet-right.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import { findProgram } from '../../host/files/find-program.ts';
import { readServedBy } from '../../host/ports/host-ports.ts';
import type { DaemonSelector } from '../ask/ask-daemon.ts';
import { type FoundConfigFile, findConfigFile } from '../ask/find-config-file.ts';
import { bussaCommand, checkCommand, type SelectedDaemon } from '../ask/start-method.ts';
import { DEFAULT_CONFIG_FILE } from '../config/daemon-options.ts';
import { entryPointsOf } from '../exposure/entry-points.ts';
import { StrangerJudge } from '../exposure/stranger-judge.ts';
import { serviceTrialLeft, withServiceTrial } from '../trial/confirm-trial.ts';
import { renderTrial } from '../trial/render-trial.ts';
import { type HiddenPort, hiddenPorts } from './hidden-ports.ts';
import { judgeBoot } from './judge-boot.ts';
import { judgeCaptures } from './judge-captures.ts';
import { judgeConfiguration, judgeRotation } from './judge-files.ts';
import { judgeFirewall } from './judge-firewall.ts';
import { judgeFleet } from './judge-fleet.ts';
import { judgeNetwork } from './judge-network.ts';
import { greetDaemon, judgeDaemon, judgeOthers, startRemedy } from './judge-service.ts';
import { judgeSplits } from './judge-splits.ts';
import { forwardEdit } from './make-forward.ts';
import { readOwnerCommands } from './owner-commands.ts';

/** The configuration to be examined, and its daemon. */
type Case = {
  readonly judged: FoundConfigFile;
  readonly daemon: SelectedDaemon;
  readonly config: Config | undefined;
  /** How to start the daemon; `undefined`: it runs, or that cannot be determined. */
  readonly start: Fix<StartKind> | Hint | undefined;
};

/** Checks the configuration, the daemon, the network and the firewall. Read-only. Needs native code. */
export async function examineHost(choice: DaemonSelector): Promise<readonly Finding[]> {
  const found = await findConfigFile(choice);
  // Which daemon is meant is a finding of its own.
  const judged: FoundConfigFile = 'kind' in found ? { file: DEFAULT_CONFIG_FILE, from: 'default' } : found;
  const daemon = meantDaemon(judged, choice);
  const { findings, config: written } = judgeConfiguration(judged);
  const config = written === undefined ? undefined : asStarted(written, judged.options);
  const reply = await greetDaemon(choice);
  const start = startRemedy(reply, daemon, config !== undefined);
  const service = [
    judgeDaemon(reply, start),
    ...(await judgeTrial(judged.status, daemon)),
    ...judgeCaptures(judged.status),
    ...judgeSplits(judged.status, spreadDoors(config)),
    ...judgeFleet(judged.status, Date.now()),
    judgeOthers(),
    await judgeBoot(daemon, await serviceTrialLeft()),
    ...(config === undefined ? [] : [judgeRotation(config)]),
  ];
  const isDown = reply.kind === 'no-daemon' || reply.kind === 'other-version';
  const network = await examineNetwork({ judged, daemon, config, start: isDown ? start : undefined });
  return [...findings, ...service, ...network];
}

const spreadDoors = (config: Config | undefined): ReadonlySet<string> =>
  new Set(config?.doors.filter((door) => inFleet(door, 'spread')).map(({ name }) => name));

function meantDaemon({ file, options }: FoundConfigFile, choice: DaemonSelector): SelectedDaemon {
  const { interfaces, stateDirectory } = choice;
  return {
    configFile: file,
    stateDirectory,
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(options === undefined ? {} : { options }),
  };
}

/** Ports that are closed until somebody confirms, and that open again otherwise. */
async function judgeTrial(status: DaemonStatus | undefined, daemon: SelectedDaemon): Promise<Finding[]> {
  if (status === undefined) return [];
  const { trialLeft } = await withServiceTrial(status);
  if (trialLeft === undefined) return [];
  const message = `trial: ${renderTrial(trialLeft)}; then the ports are open again unless it is confirmed`;
  return [warning('trial', message, { by: 'confirm', command: bussaCommand('confirm', daemon) })];
}

/** Options of the daemon's command line for network and log override the file, or add to it. */
function asStarted(config: Config, options: StartOptions | undefined): Config {
  if (options === undefined) return config;
  const { settings } = config;
  const named = options.interfaces === undefined ? undefined : parseInterfaceSetting(options.interfaces);
  const interfaces = named?.kind === 'ok' ? named.choice : settings.interfaces;
  const logFile = settings.logFile ?? options.logFile;
  return {
    ...config,
    settings: {
      ...settings,
      ...(interfaces === undefined ? {} : { interfaces }),
      ...(logFile === undefined ? {} : { logFile }),
    },
  };
}

async function examineNetwork(the: Case): Promise<Finding[]> {
  const { judged, config } = the;
  let interfaces: HostInterface[];
  try {
    const { readInterfaces } = await import('../../host/interfaces/interfaces.ts');
    interfaces = readInterfaces({ routes: true });
  } catch (error) {
    return [unknown('interface-up', `the interfaces cannot be read: ${(error as Error).message}`)];
  }
  const choice = config?.settings.interfaces;
  const network = judgeNetwork(interfaces, choice, judged.options?.ipv6 !== false);
  if (config === undefined) return network;
  const ports = hiddenPorts(config.doors);
  if (ports.length === 0)
    return [...network, ok('port-hidden', 'no door names a port, so there is nothing to judge')];
  return [...network, ...(await examineFirewall(the, config, ports, interfaces))];
}

async function examineFirewall(
  the: Case,
  config: Config,
  ports: readonly HiddenPort[],
  interfaces: readonly HostInterface[],
): Promise<Finding[]> {
  const { listRules } = await import('../../host/firewall/choice/list-rules.ts');
  const { KernelRoutes } = await import('../../host/interfaces/host-routes.ts');
  const { FirewallError } = await import('../../host/firewall/contract/firewall.ts');
  const listing = await listRules().catch((error: unknown) => {
    if (!(error instanceof FirewallError)) throw error;
    return { nft: undefined, iptables: [], ipsets: undefined, why: error.message };
  });
  if (listing.nft === undefined && listing.iptables.length === 0) {
    const why = `the firewall's rules cannot be read: ${listing.why ?? 'there is neither nftables nor iptables'}`;
    return [unknown('port-hidden', why, look('sudo bussa doctor'))];
  }
  using routes = new KernelRoutes(interfaces);
  const entrances = entryPointsOf(interfaces, config.settings.interfaces, routes);
  const judge = new StrangerJudge(listing, { interfaces, entrances, routes });
  const served = { tcp: readServedBy('tcp'), udp: readServedBy('udp') };
  return judgeFirewall(ports, {
    judge,
    owner: await readOwnerCommands(judge.ruleset),
    serves: ({ protocol, port, path }) => path === 'forward' || served[protocol].has(port),
    start: the.start,
    forward: (port) => makeForward(the, config, port),
    hasIptables: findProgram('iptables') !== undefined,
  });
}

/** Edits the file, checks it, and reloads it. */
function makeForward({ daemon, start }: Case, config: Config, port: HiddenPort): Fix<'forward'> | Hint {
  const { configFile } = daemon;
  const edit = forwardEdit(configFile, config.doors, port);
  const use = start === undefined ? bussaCommand('reload', daemon) : 'command' in start ? start.command : '';
  if (edit === undefined || use === '') {
    return {
      hint: `write \`forward\` behind ${port.protocol}/${port.port} in ${configFile}, then reload`,
    };
  }
  return { by: 'forward', command: [edit, checkCommand(configFile), use].join(' && ') };
}
