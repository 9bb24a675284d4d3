import type { Config } from '../../core/config/config.ts';
import type { Finding } from '../../core/doctor/finding.ts';
import { ok, unknown } from '../../core/doctor/finding.ts';
import { familyOf } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import { readServedBy } from '../../host/system/host-ports.ts';
import type { DaemonChoice } from '../ask-daemon.ts';
import { DEFAULT_CONFIG_FILE } from '../daemon/daemon-options.ts';
import { hiddenPorts } from './hidden-ports.ts';
import { judgeFirewall } from './judge-firewall.ts';
import { judgeMachine } from './judge-machine.ts';
import { judgeNetwork, outerInterfaces, usableAddresses } from './judge-network.ts';
import { judgeConfiguration, judgeDaemon, judgeOthers, judgeRotation, judgeUnit } from './judge-service.ts';

/** Everything that commonly goes wrong on the daemon's host. It only looks, and changes nothing. */
export async function examineHost(choice: DaemonChoice): Promise<readonly Finding[]> {
  const file = choice.configFile ?? DEFAULT_CONFIG_FILE;
  const machine = await judgeMachine();
  const { findings, config } = judgeConfiguration(file);
  const daemon = await judgeDaemon(choice);
  const service = [
    daemon,
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
    const { readInterfaces } = await import('../../host/system/interfaces.ts');
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
  const outer = outerInterfaces(interfaces, choice);
  const { listRules } = await import('../../host/firewall/list-rules.ts');
  const served = { tcp: readServedBy('tcp'), udp: readServedBy('udp') };
  const hasIpv6 = usableAddresses(outer).some((address) => familyOf(address) === 6);
  const around = {
    rules: await listRules(),
    configFile: file,
    interfaces: outer.map(({ name }) => name),
    families: hasIpv6 ? ([4, 6] as const) : ([4] as const),
    serves: ({ protocol, port, path }: (typeof ports)[number]) =>
      path === 'forward' || served[protocol].has(port),
    daemonRuns,
  };
  return [...network, ...judgeFirewall(ports, around)];
}
