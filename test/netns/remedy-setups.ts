// What a machine has on which a remedy is tried: configurations, firewalls, and the commands that make them.

import type { HostCopy } from '../lab/host-copy.ts';
import type { RemedyCase } from './remedy-case.ts';

export type Case = RemedyCase<HostCopy>;

export const CONFIG = '/etc/knockd.conf';
/** Doors that open ports by themselves. */
export const NATIVE = `[ssh]
  sequence    = 7000,8000:udp,9000
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/22, tcp/23
  open_for    = 20
`;
/** Of which nothing can be said. */
export const CLEAN = `[ssh]
  sequence = 7311:udp,18422:udp,9533:udp
  open     = tcp/22
  open_for = 20
`;
/** Doors with commands. */
export const COMMANDS = [22, 23]
  .map(
    (port) => `[door${port}]
  sequence      = 70${port},8000:udp,9000
  seq_timeout   = 5
  tcpflags      = syn
  start_command = /sbin/iptables -I INPUT -s %IP% -p tcp --dport ${port} -j ACCEPT
  cmd_timeout   = 10
  stop_command  = /sbin/iptables -D INPUT -s %IP% -p tcp --dport ${port} -j ACCEPT
`,
  )
  .join('');

/** Somebody has closed port 23, and has forgotten IPv6. */
export const closeOver4 = (hook = 'input'): string =>
  `nft 'table ip early { chain early { type filter hook ${hook} priority -10; policy accept; tcp dport 23 drop; }; }'`;

const BOTH = ['iptables', 'ip6tables'] as const;
export const onBoth = (...rules: readonly string[]): string =>
  BOTH.flatMap((tool) => rules.map((rule) => `${tool} ${rule}`)).join(' && ');

/** Debian's, which systemd would start. It drops what could not be answered: the world is behind the client. */
export const FIREWALLD = `mkdir -p /run/dbus && dbus-daemon --system --fork && { firewalld --nofork >/dev/null 2>&1 & }
until dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.fedoraproject.FirewallD1 | grep -q true; do sleep 0.05; done
until firewall-cmd --state >/dev/null 2>&1; do sleep 0.1; done
ip -6 route add default via fd07::2 dev eth0`;
export const NO_IPTABLES =
  'rm -f /usr/sbin/*tables-nft* /usr/sbin/*tables-legacy* /usr/sbin/xtables* /usr/sbin/ip*tables*';
export const nftHost = (
  policy: string,
  ...rules: readonly string[]
): string => `nft 'table inet host { chain input {
  type filter hook input priority 0; policy ${policy}; ct state established,related accept; ${rules.join(' ')} }; }'`;
