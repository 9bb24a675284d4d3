// Commands of doors, drawn as people write them, and what is advised of a text on a host.

import { advise } from '../../../src/core/config/advice/advise.ts';
import type { HostFacts } from '../../../src/core/config/advice/written-door.ts';
import type { Diagnostic } from '../../../src/core/text/diagnostic.ts';
import { draw } from '../../lab/seeded-random.ts';
import { bytesOf, FILE } from './config-text.ts';

/** A host on which all services run. */
export const HOST: HostFacts = {
  serves: () => true,
  hasProgram: (name) => !name.includes(' '),
  hasIpv6: false,
  blindShare: () => undefined,
  interfaces: ['lo', 'eth0', 'wlan0'],
  hasDirectoryOf: (path) => !path.startsWith('/missing/'),
  endsLeases: () => true,
  blockingRuleIn: (tool, chain) =>
    tool === 'iptables' && chain === 'GUARDED'
      ? '-A GUARDED -j REJECT --reject-with icmp-port-unreachable'
      : undefined,
};

/** What is advised of the text, but of ports that a service has. */
export const advice = (text: string, host = HOST): readonly Diagnostic[] =>
  advise(FILE, bytesOf(text), new Map(), host).filter(({ id }) => id !== 'served-port');

const KNOCKS = ['sequence = 7312,18423,9534', 'seq_timeout = 10', 'tcpflags = syn'];
/** A whole configuration with one door, which has these lines as well. */
export const door = (...lines: readonly string[]): string => ['[a]', ...KNOCKS, ...lines, ''].join('\n');

export type Random = () => number;
/** A door that opens and closes; `start` and `stop` alone are of interest. */
export type Pair = { readonly start: string; readonly stop: string };

const port = (random: Random): string => draw(random, ['22', '2222', 'ssh', '443', '51820']);
const path = (random: Random, tool: string): string =>
  draw(random, ['', '/sbin/', '/usr/sbin/', 'sudo ']) + tool;

/** A rule of iptables, its options in any order that people write them in. */
function iptables(random: Random): Pair {
  const tool = path(random, 'iptables');
  const chain = draw(random, ['INPUT', 'FORWARD', 'KNOCK', 'ufw-user-input']);
  const parts = [`-s ${draw(random, ['%IP%', '%IP%/32'])}`, `-p tcp --dport ${port(random)}`];
  const extra = draw(random, [
    '',
    '-m state --state NEW',
    '-m conntrack --ctstate NEW,ESTABLISHED',
    '-i eth0',
    '-m comment --comment "let in"',
  ]);
  const rule = [...(random() < 0.5 ? parts : parts.toReversed()), ...(extra === '' ? [] : [extra])].join(' ');
  const add = draw(random, [
    `-I ${chain}`,
    `-I ${chain} 1`,
    `-A ${chain}`,
    `-w -I ${chain}`,
    `--insert ${chain}`,
  ]);
  const remove = draw(random, [`-D ${chain}`, `-w 5 -D ${chain}`, `--delete ${chain}`]);
  return { start: `${tool} ${add} ${rule} -j ACCEPT`, stop: `${tool} ${remove} ${rule} -j ACCEPT` };
}

const OTHERS: readonly ((random: Random) => Pair)[] = [
  (random) => {
    const rest = `from %IP% to any port ${port(random)}${draw(random, ['', ' proto tcp'])}`;
    const tool = path(random, 'ufw');
    return {
      start: `${tool} ${draw(random, ['', 'insert 1 '])}allow ${rest}`,
      stop: `${tool} delete allow ${rest}`,
    };
  },
  (random) => {
    const rule = `rule='rule family="ipv4" source address="%IP%" port port="${port(random)}" protocol="tcp" accept'`;
    return {
      start: `firewall-cmd --add-rich-${rule} --timeout=60`,
      stop: `firewall-cmd --remove-rich-${rule}`,
    };
  },
  () => ({
    start: "nft add element inet filter knocked '{ %IP% timeout 60s }'",
    stop: "nft delete element inet filter knocked '{ %IP% }'",
  }),
  () => ({ start: 'ipset -exist add knocked %IP% timeout 60', stop: 'ipset del knocked %IP%' }),
  (random) => {
    const rest = `PREROUTING -s %IP% -p tcp --dport ${port(random)} -j DNAT --to-destination 10.0.0.2:22`;
    return { start: `iptables -t nat -A ${rest}`, stop: `iptables -t nat -D ${rest}` };
  },
  () => ({ start: '/usr/bin/systemctl start openvpn', stop: '/usr/bin/systemctl stop openvpn' }),
  () => ({ start: '/usr/local/bin/door open "%IP%"', stop: '/usr/local/bin/door close "%IP%"' }),
  () => ({ start: 'logger -t knock "Tür – offen für ‘%IP%’"', stop: "logger 'it is – “shut” again'" }),
  () => ({
    start: 'IP=%IP%; /sbin/iptables -I INPUT -s $IP -j ACCEPT',
    stop: '/sbin/iptables -D INPUT -s %IP% -j ACCEPT',
  }),
  () => ({ start: 'if test -e /x; then echo %IP% >> "$HOME/x"; fi', stop: 'sed -i /%IP%/d /x # it’s over' }),
  () => ({
    start: 'curl -s "http://192.0.2.7/?ip=%IP%&at=$(date +%Y-%m-%dT%H:%M)"',
    stop: 'curl http://192.0.2.7/?no=1',
  }),
  () => ({ start: 'iptables -P INPUT ACCEPT', stop: 'iptables -P INPUT DROP' }),
  () => ({ start: 'iptables-restore < /etc/open.rules', stop: 'iptables-restore < /etc/shut.rules' }),
  () => ({
    start: 'iptables -A INPUT -s %IP% -j ACCEPT && logger "open %IP%"',
    stop: 'iptables -D INPUT -s %IP% -j ACCEPT; logger "shut %IP%"',
  }),
];

/** Commands that people write, all of them right. */
export const good = (random: Random): Pair =>
  random() < 0.6 ? iptables(random) : draw(random, [iptables, ...OTHERS])(random);
/** The configuration with these two commands, which stand in the lines `START` and `STOP`. */
export const lines = ({ start, stop }: Pair): string =>
  door(`start_command = ${start}`, 'cmd_timeout = 30', `stop_command = ${stop}`);

export const START = 5;
export const STOP = 7;
