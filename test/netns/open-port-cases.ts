// Machines on which a door's port is open though nobody has knocked, each with another firewall.

import {
  type Case,
  COMMANDS,
  CONFIG,
  closeOver4,
  FIREWALLD,
  NO_IPTABLES,
  nftHost,
  onBoth,
} from './remedy-setups.ts';

/** Ports 22 and 23 are open, 23 over IPv6 alone. */
function openCase(kind: Closing, name: string, ...commands: readonly string[]): Case {
  return {
    name,
    proves: [`port-hidden ${kind}`, `ipv6-gap ${kind}`],
    arrange: async (host) => {
      await host.write(CONFIG, COMMANDS);
      for (const command of commands) await host.run(command);
    },
  };
}

type Closing =
  | `ufw-${'delete' | 'prepend'}`
  | `firewalld-${'remove' | 'drop'}`
  | `iptables-${'delete' | 'insert' | 'append'}`
  | `nft-${'delete' | 'insert' | 'add' | 'table'}`;

const ESTABLISHED = '-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT';
const UFW = 'ufw --force enable';

export const OPEN_PORT_CASES: readonly Case[] = [
  openCase(
    'ufw-delete',
    'ufw',
    UFW,
    'ufw allow 22/tcp comment "my own"',
    'ufw allow from any to any port 23 proto tcp',
    closeOver4(),
  ),
  openCase('ufw-prepend', 'ufw, with other ports', UFW, 'ufw allow 20:30/tcp', closeOver4()),
  openCase(
    'firewalld-remove',
    'firewalld as installed, and a port',
    FIREWALLD,
    'firewall-cmd --permanent --add-port=23/tcp && firewall-cmd --reload',
    closeOver4(),
  ),
  openCase(
    'firewalld-drop',
    'firewalld, with other ports',
    FIREWALLD,
    'firewall-cmd --permanent --remove-service=ssh && firewall-cmd --permanent --add-port=20-30/tcp && firewall-cmd --reload',
    closeOver4(),
  ),
  openCase(
    'iptables-delete',
    'iptables',
    onBoth(
      '-P INPUT DROP',
      ESTABLISHED,
      `-A INPUT -p tcp --dport 22 -m comment --comment "it's the \\"ssh\\" here" -j ACCEPT`,
      '-A INPUT -p tcp --dport 23 -j ACCEPT',
    ),
    closeOver4(),
  ),
  openCase(
    'iptables-insert',
    'iptables, with other ports',
    onBoth('-P INPUT DROP', ESTABLISHED, '-A INPUT -p tcp -m multiport --dports 22,23,80 -j ACCEPT'),
    closeOver4(),
  ),
  openCase(
    'iptables-delete',
    'iptables-legacy',
    ['iptables-legacy', 'ip6tables-legacy']
      .flatMap((tool) => ['22', '23'].map((port) => `${tool} -A INPUT -p tcp --dport ${port} -j ACCEPT`))
      .concat(['iptables-legacy -P INPUT DROP', 'ip6tables-legacy -P INPUT DROP'])
      .join(' && '),
    closeOver4(),
  ),
  openCase(
    'iptables-append',
    'iptables with policy ACCEPT',
    onBoth('-A INPUT -p tcp --dport 80 -j ACCEPT'),
    closeOver4(),
  ),
  openCase(
    'nft-delete',
    'nftables',
    nftHost('drop', 'tcp dport 22 accept;', 'tcp dport 23 accept;'),
    closeOver4(),
  ),
  openCase(
    'nft-insert',
    'nftables, with other ports',
    nftHost('drop', 'tcp dport { 22, 23, 80 } accept;'),
    closeOver4(),
  ),
  openCase('nft-add', 'nftables with policy accept', nftHost('accept'), closeOver4()),
  openCase('nft-table', 'nothing but nft, and no rule', NO_IPTABLES, closeOver4('prerouting')),
  {
    name: 'no rule at all',
    proves: ['port-hidden iptables-append'],
    arrange: (host) => host.write(CONFIG, COMMANDS.split('[door23]')[0] ?? ''),
  },
];
