import { findTranslation } from '../../core/doctor/find-translation.ts';
import type { Finding } from '../../core/doctor/finding.ts';
import { ok, problem, unknown, warning } from '../../core/doctor/finding.ts';
import { judgeStranger, type StrangerFate } from '../../core/doctor/judge-stranger.ts';
import type { StrangerPacket } from '../../core/doctor/walk-rules.ts';
import type { Family } from '../../core/net/address.ts';
import type { Port } from '../../core/net/port.ts';
import type { RuleListing } from '../../host/firewall/list-rules.ts';
import type { HiddenPort } from './hidden-ports.ts';

export type Surroundings = {
  readonly rules: RuleListing;
  readonly configFile: string;
  readonly interfaces: readonly string[];
  /** Those that a stranger can use. */
  readonly families: readonly Family[];
  readonly serves: (port: HiddenPort) => boolean;
  readonly daemonRuns: boolean;
};

/** Whether the rules as they are now do to strangers what the doors are for. */
export function judgeFirewall(ports: readonly HiddenPort[], around: Surroundings): Finding[] {
  const { rules } = around;
  if (rules.nft === undefined && rules.filter[4].length + rules.filter[6].length === 0) {
    const why = `the firewall's rules cannot be read: ${rules.why ?? 'there is neither nftables nor iptables'}`;
    return [unknown('port-hidden', why, 'sudo bussa doctor')];
  }
  return [
    ...ports.flatMap((port) => judgePort(port, around)),
    ...judgeEstablished(ports, around),
    ...judgePolicy(ports, around),
  ];
}

function judgePort(port: HiddenPort, around: Surroundings): Finding[] {
  const name = `${port.protocol}/${port.port}`;
  const fates = around.families.map((family) => ({ family, fate: fateOf(port, family, 'new', around) }));
  const open = fates.filter(({ fate }) => fate.kind === 'in').map(({ family }) => family);
  const findings = [judgeTranslation(port, around)];
  if (open.length === 0) {
    const unsure = fates.find(({ fate }) => fate.kind === 'depends');
    if (unsure !== undefined) {
      const message = `whether ${name} is hidden over IPv${unsure.family} depends on more than its rules tell (${unsure.fate.chain})`;
      findings.push(unknown('port-hidden', message, `from elsewhere: nc -vz -w 2 THIS-HOST ${port.port}`));
    } else {
      const by = [...new Set(fates.map(({ fate }) => fate.chain))].join(', ');
      findings.push(ok('port-hidden', `a stranger's new connection to ${name} is dropped (${by})`));
    }
  } else if (open.length < fates.length && open[0] === 6) {
    findings.push(
      problem(
        'ipv6-gap',
        `${name} is hidden over IPv4, and open to everybody over IPv6`,
        remedyOf(port, 6, around),
      ),
    );
  } else {
    const families = open.map((family) => `IPv${family}`).join(' and ');
    findings.push(
      problem(
        'port-hidden',
        `${name} is open to everybody over ${families}`,
        remedyOf(port, open[0] ?? 4, around),
      ),
    );
  }
  if (!around.serves(port)) {
    const listing = port.protocol === 'tcp' ? 'ss -ltnp' : 'ss -lunp';
    findings.push(warning('service-listening', `nothing on this host listens on ${name}`, listing));
  }
  return findings.filter((one) => one !== undefined) as Finding[];
}

function judgeTranslation(port: HiddenPort, { rules, interfaces, families, configFile }: Surroundings) {
  const name = `${port.protocol}/${port.port}`;
  const chain = families
    .map((family) => findTranslation(rules.nft, rules.nat[family], packetTo(port, family, 'new', interfaces)))
    .find((one) => one !== undefined);
  if (chain === undefined) return undefined;
  const message = `${chain} sends ${name} on to a container or another host before INPUT sees it`;
  if (port.path === 'forward') return ok('container-bypass', `${message}; the door is there (forward)`);
  const remedy = port.isNative
    ? `sed -i 's#${name}\\b#${name} forward#' ${configFile} && bussa check ${configFile}`
    : `iptables -I FORWARD -p ${port.protocol} -m conntrack --ctstate NEW --ctorigdstport ${port.port} -j DROP`;
  return problem('container-bypass', `${message}: it is open to everybody`, remedy);
}

function judgeEstablished(ports: readonly HiddenPort[], around: Surroundings): Finding[] {
  const cut = ports.flatMap((port) =>
    around.families.flatMap((family) => {
      const fate = fateOf(port, family, 'established', around);
      return fate.kind === 'dropped' ? [{ port, family, fate }] : [];
    }),
  );
  const [first] = cut;
  const id = 'established';
  if (first === undefined) return [ok(id, 'connections that are made live on when a door closes')];
  const { port, family, fate } = first;
  const chain = /^(.*) of nftables$/.exec(fate.chain ?? '')?.[1];
  const command = family === 4 ? 'iptables' : 'ip6tables';
  const remedy =
    chain === undefined
      ? `${command} -I INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`
      : `nft insert rule ${chain} ct state established,related accept`;
  const message = `no rule lets established connections to ${port.protocol}/${port.port} on over IPv${family}: they die when the door closes (${fate.chain})`;
  return [problem(id, message, remedy)];
}

/** A port that nobody has named. */
function judgePolicy(ports: readonly HiddenPort[], around: Surroundings): Finding[] {
  const port = [1, 9, 65_535].find((each) => !ports.some((one) => one.port === each)) ?? 2;
  const any: HiddenPort = { protocol: 'tcp', port: port as Port, path: 'input', isNative: false };
  const open = around.families.filter((family) => fateOf(any, family, 'new', around).kind === 'in');
  if (open.length === 0) return [ok('default-policy', 'what no rule names is dropped')];
  const message = `what no rule names is let in over IPv${open.join(' and IPv')}: nothing but the doors' ports is hidden`;
  return [warning('default-policy', message, 'ss -tlnup')];
}

/** Why it is open, and what closes it without cutting who is in. */
function remedyOf(port: HiddenPort, family: Family, { daemonRuns }: Surroundings): string {
  if (port.isNative) return daemonRuns ? 'systemctl restart knockd' : 'systemctl start knockd';
  const command = family === 4 ? 'iptables' : 'ip6tables';
  return `${command} -A INPUT -p ${port.protocol} --dport ${port.port} -m conntrack --ctstate NEW -j DROP`;
}

function fateOf(
  port: HiddenPort,
  family: Family,
  state: StrangerPacket['state'],
  { rules, interfaces }: Surroundings,
): StrangerFate {
  const listings = { nft: rules.nft, iptables: rules.filter[family] };
  return judgeStranger(listings, packetTo(port, family, state, interfaces));
}

const packetTo = (
  { protocol, port }: HiddenPort,
  family: Family,
  state: StrangerPacket['state'],
  interfaces: readonly string[],
): StrangerPacket => ({ family, protocol, port, state, interfaces });
