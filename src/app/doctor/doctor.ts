import { existsSync } from 'node:fs';
import type { Config } from '../../core/config/file/config.ts';
import type { Finding } from '../../core/doctor/finding.ts';
import { ok, unknown, warning } from '../../core/doctor/finding.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import { readServedBy } from '../../host/ports/host-ports.ts';
import { askDaemon, type DaemonSelector, findConfigFile } from '../ask/ask-daemon.ts';
import { DEFAULT_CONFIG_FILE } from '../config/daemon-options.ts';
import type { DaemonStatus } from '../daemon/status/daemon-view.ts';
import { StrangerJudge } from '../exposure/stranger-judge.ts';
import { withServiceTrial } from '../trial/confirm-trial.ts';
import { renderTrial } from '../trial/render-trial.ts';
import { type HiddenPort, hiddenPorts } from './hidden-ports.ts';
import { judgeFirewall } from './judge-firewall.ts';
import { judgeMachine } from './judge-machine.ts';
import { judgeNetwork, outerInterfaces } from './judge-network.ts';
import { judgeConfiguration, judgeDaemon, judgeOthers, judgeRotation, judgeUnit } from './judge-service.ts';
import { readOwnerCommands } from './owner-commands.ts';

/** What is closed until somebody confirms it, and opens again if nobody does. */
async function judgeTrial(choice: DaemonSelector): Promise<Finding[]> {
  const reply = await askDaemon(choice, { verb: 'status' });
  if (reply.kind !== 'answer') return [];
  const { trialLeft } = await withServiceTrial(reply.answer.status as DaemonStatus);
  if (trialLeft === undefined) return [];
  const message = `trial: ${renderTrial(trialLeft)}; then the ports are open again unless it is confirmed`;
  return [warning('trial', message, 'bussa confirm')];
}

/** Everything that commonly goes wrong on the daemon's host. It only looks, and changes nothing. */
export async function examineHost(choice: DaemonSelector): Promise<readonly Finding[]> {
  const found = await findConfigFile(choice);
  // Which daemon is meant is a finding of its own.
  const file = typeof found === 'string' ? found : DEFAULT_CONFIG_FILE;
  const machine = await judgeMachine();
  const { findings, config } = judgeConfiguration(file);
  const daemon = await judgeDaemon(choice);
  const service = [
    daemon,
    ...(await judgeTrial(choice)),
    judgeOthers(),
    await judgeUnit(),
    ...(config === undefined ? [] : [judgeRotation(config)]),
  ];
  const network = await examineNetwork(file, config, daemon.verdict === 'ok');
  return [...machine, ...findings, ...service, ...network];
}

async function examineNetwork(
  file: string,
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
  const network = judgeNetwork(interfaces, choice);
  if (config === undefined) return network;
  const ports = hiddenPorts(config.doors);
  if (ports.length === 0)
    return [...network, ok('port-hidden', 'no door names a port, so there is none to judge')];
  const firewall = await examineFirewall(
    file,
    ports,
    interfaces,
    outerInterfaces(interfaces, choice),
    daemonRuns,
  );
  return [...network, ...firewall];
}

async function examineFirewall(
  file: string,
  ports: readonly HiddenPort[],
  interfaces: readonly HostInterface[],
  outer: readonly HostInterface[],
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
  const judge = new StrangerJudge(listing, outer, routes);
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
