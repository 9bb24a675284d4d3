import { cpSync, writeFileSync } from 'node:fs';
import { WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import type { RuleLoad } from './judge-host.ts';

/** Actions that Debian's fail2ban has for a firewall of its own. */
export const BAN_ACTIONS = [
  'iptables-multiport',
  'iptables-allports',
  'iptables-ipset-proto6',
  'nftables-multiport',
  'nftables-allports',
] as const;

const BANNED = ['198.51.100.77', '198.51.100.78', '2001:db8::77'];

/** An owner who lets in what he offers, as by `--syn`. */
const OWNER = `*filter
:INPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT
COMMIT
`;

/** The rules that fail2ban has written by itself, beside an owner's who lets in what he offers. */
export async function rulesOfFail2ban(
  namespace: Namespace,
  action: (typeof BAN_ACTIONS)[number],
): Promise<RuleLoad> {
  for (const command of ['iptables', 'ip6tables'])
    await namespace.run('sh', '-c', 'printf "%s" "$0" | "$1"-restore', OWNER, command);
  using directory = new WorkDirectory();
  const files = `${directory.path}/fail2ban`;
  cpSync('/etc/fail2ban', files, { recursive: true, dereference: true });
  const log = directory.file('auth.log', '');
  writeFileSync(`${files}/fail2ban.local`, '[Definition]\ndbfile = None\nlogtarget = STDOUT\n');
  writeFileSync(
    `${files}/jail.local`,
    `[DEFAULT]\nbackend = polling\nbanaction = ${action}\n[sshd]\nenabled = true\nport = 22\nlogpath = ${log}\n`,
  );
  const socket = `${directory.path}/socket`;
  const place = ['-c', files, '-s', socket, '-p', `${directory.path}/pid`];
  await using _server = namespace.start('fail2ban-server', ...place, '-f', '-x', 'start');
  await _server.saw(/Jail 'sshd' started|Server ready/);
  for (const address of BANNED)
    await namespace.run('fail2ban-client', ...place, 'set', 'sshd', 'banip', address);
  for (const address of BANNED) await _server.saw(new RegExp(`Ban ${address}`));
  const { nft, ...saved } = await savedRules(namespace);
  return action.startsWith('nftables') ? { nft } : saved;
}

async function savedRules(namespace: Namespace): Promise<Required<RuleLoad>> {
  const [v4, v6, nft, ipset] = await Promise.all([
    namespace.run('iptables-save'),
    namespace.run('ip6tables-save'),
    namespace.run('nft', 'list', 'ruleset'),
    namespace.run('ipset', 'save'),
  ]);
  return { nft, ipset, restore: { 'iptables-nft-restore': v4, 'ip6tables-nft-restore': v6 } };
}
