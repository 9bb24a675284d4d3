import { existsSync } from 'node:fs';
import type { Config } from '../../core/config/file/config.ts';
import { type InterfaceSetting, parseInterfaceSetting } from '../../core/config/values/parse-interfaces.ts';
import type { DaemonStatus, StartOptions } from '../../core/control/daemon-status.ts';
import type { Finding } from '../../core/doctor/finding.ts';
import { ok, unknown, warning } from '../../core/doctor/finding.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import { readServedBy } from '../../host/ports/host-ports.ts';
import type { DaemonSelector } from '../ask/ask-daemon.ts';
import { findJudged, type JudgedFile } from '../ask/find-judged.ts';
import { DEFAULT_CONFIG_FILE } from '../config/daemon-options.ts';
import { entrancesOf } from '../exposure/entrances.ts';
import { StrangerJudge } from '../exposure/stranger-judge.ts';
import { serviceTrialLeft, withServiceTrial } from '../trial/confirm-trial.ts';
import { renderTrial } from '../trial/render-trial.ts';
import { type HiddenPort, hiddenPorts } from './hidden-ports.ts';
import { judgeFirewall } from './judge-firewall.ts';
import { judgeMachine } from './judge-machine.ts';
import { judgeNetwork } from './judge-network.ts';
import { judgeConfiguration, judgeDaemon, judgeOthers, judgeRotation, judgeUnit } from './judge-service.ts';
import { readOwnerCommands } from './owner-commands.ts';

/** What is closed until somebody confirms it, and opens again if nobody does. */
async function judgeTrial(status: DaemonStatus | undefined): Promise<Finding[]> {
  if (status === undefined) return [];
  const { trialLeft } = await withServiceTrial(status);
  if (trialLeft === undefined) return [];
  const message = `trial: ${renderTrial(trialLeft)}; then the ports are open again unless it is confirmed`;
  return [warning('trial', message, 'bussa confirm')];
}

/** Everything that commonly goes wrong on the daemon's host. It only looks, and changes nothing. */
export async function examineHost(choice: DaemonSelector): Promise<readonly Finding[]> {
  const found = await findJudged(choice);
  // Which daemon is meant is a finding of its own.
  const judged: JudgedFile = 'kind' in found ? { file: DEFAULT_CONFIG_FILE, from: 'default' } : found;
  const machine = await judgeMachine();
  const { findings, config: written } = judgeConfiguration(judged);
  const config = written === undefined ? undefined : asStarted(written, judged.options);
  const daemon = await judgeDaemon(choice);
  const service = [
    daemon,
    ...(await judgeTrial(judged.status)),
    judgeOthers(),
    await judgeUnit(await serviceTrialLeft()),
    ...(config === undefined ? [] : [judgeRotation(config)]),
  ];
  const network = await examineNetwork(judged, config, daemon.verdict === 'ok');
  return [...machine, ...findings, ...service, ...network];
}

/** What the daemon's command line says of the network and the log goes before the file, or behind it. */
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

async function examineNetwork(
  { file, options }: JudgedFile,
  config: Config | undefined,
  daemonRuns: boolean,
): Promise<Finding[]> {
  let interfaces: HostInterface[];
  try {
    const { readInterfaces } = await import('../../host/interfaces/interfaces.ts');
    interfaces = readInterfaces({ routes: true });
  } catch (error) {
    return [unknown('interface-up', `the interfaces cannot be read: ${(error as Error).message}`)];
  }
  const choice = config?.settings.interfaces;
  const network = judgeNetwork(interfaces, choice, options?.ipv6 !== false);
  if (config === undefined) return network;
  const ports = hiddenPorts(config.doors);
  if (ports.length === 0)
    return [...network, ok('port-hidden', 'no door names a port, so there is none to judge')];
  const firewall = await examineFirewall(file, ports, interfaces, choice, daemonRuns);
  return [...network, ...firewall];
}

async function examineFirewall(
  file: string,
  ports: readonly HiddenPort[],
  interfaces: readonly HostInterface[],
  choice: InterfaceSetting | undefined,
  daemonRuns: boolean,
): Promise<Finding[]> {
  const { listRules } = await import('../../host/firewall/choice/list-rules.ts');
  const { KernelRoutes } = await import('../../host/interfaces/host-routes.ts');
  const listing = await listRules();
  if (listing.nft === undefined && listing.iptables.length === 0) {
    const why = `the firewall's rules cannot be read: ${listing.why ?? 'there is neither nftables nor iptables'}`;
    return [unknown('port-hidden', why, 'sudo bussa doctor')];
  }
  using routes = new KernelRoutes(interfaces);
  const entrances = entrancesOf(interfaces, choice, routes);
  const judge = new StrangerJudge(listing, { interfaces, entrances, routes });
  const served = { tcp: readServedBy('tcp'), udp: readServedBy('udp') };
  return judgeFirewall(ports, {
    judge,
    owner: await readOwnerCommands([...judge.ruleset.chains.values()].flat().map(({ place }) => place)),
    configFile: file,
    serves: ({ protocol, port, path }) => path === 'forward' || served[protocol].has(port),
    startCommand: daemonRuns ? undefined : startCommand(file),
  });
}

/** Where systemd runs, its service; else the daemon itself, in the background. */
function startCommand(file: string): string {
  return existsSync('/run/systemd/system') ? 'systemctl start knockd' : `knockd -d -c ${file}`;
}
