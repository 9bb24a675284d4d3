import { describe } from 'node:test';
import { MAX_PORT_OPENINGS } from '../../../src/core/config/values/parse-ports.ts';
import { check, PORT, TIMEOUT } from './mistake-cases.ts';

const OPEN = 'write tcp/22, udp/51820, a range tcp/8000-8010, or tcp/8080 forward';
const TIME =
  'write whole seconds, or a number with s, m, h or d, as in 90s, 10m, 2h or 1d; 2147483647 seconds at most';
const NETWORK =
  'write networks or addresses such as 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1, separated by commas';
const CHAIN = 'write family, table and chain as in inet filter input; several are separated by commas';
const NARROWS =
  'the door opens no port that it could apply to; add a line such as open = tcp/22, or remove it';

const LENGTH = 'write a whole number from 48 to 128, such as 64 for the network of the knocker';

const inDoor = (text: string): string => `[one]\nsequence = 1\n${text}\n`;
const inOptions = (text: string): string => `[options]\n${text}\n[one]\nsequence = 1\n`;

describe('ports to open', () => {
  check(
    {
      'no port': ['', `3:1: a port is missing: ${OPEN}`],
      'a comma too many': ['tcp/22,', `3:15: a port is missing: ${OPEN}`],
      'as a sequence is written': [
        '22, 51820:UDP, 8000-8010/tcp',
        '3:8: "22" is not a port to open: the protocol comes first, write tcp/22',
        '3:12: "51820:UDP" is not a port to open: the protocol comes first, write udp/51820',
        '3:23: "8000-8010/tcp" is not a port to open: the protocol comes first, write tcp/8000-8010',
      ],
      'a name': ['ssh', `3:8: "ssh" is not a port to open: ${OPEN}`],
      'an unknown protocol': ['sctp/22', '3:8: unknown protocol "sctp" in "sctp/22": it is tcp or udp'],
      'port 0, 70000 and abc': [
        'tcp/0,udp/70000,tcp/abc,tcp/1-99999',
        `3:8: "0" in "tcp/0" is not a port: ${PORT}`,
        `3:14: "70000" in "udp/70000" is not a port: ${PORT}`,
        `3:24: "abc" in "tcp/abc" is not a port: ${PORT}`,
        `3:32: "99999" in "tcp/1-99999" is not a port: ${PORT}`,
      ],
      'no port behind a protocol': ['tcp/', `3:8: "" in "tcp/" is not a port: ${PORT}`],
      'a range without an end': ['tcp/5-', `3:8: "" in "tcp/5-" is not a port: ${PORT}`],
      'a range that runs backwards': [
        'tcp/9-1 forward',
        '3:8: the range "tcp/9-1 forward" runs backwards: write tcp/1-9',
      ],
      'an unknown path': [
        'tcp/80 output',
        '3:8: "output" in "tcp/80 output" is unknown: write forward, or nothing for this host itself',
      ],
      'a port twice': [
        'tcp/22, udp/22, TCP/022',
        '3:24: "TCP/022" is already opened by tcp/22: name each port of a door once',
      ],
      'ranges that overlap, in two lines too': [
        'tcp/8000-8010, tcp/8010-8020\nopen = tcp/7999-8000, tcp/1-7999',
        '3:23: "tcp/8010-8020" is already opened by tcp/8000-8010: name each port of a door once',
        '4:1: warning: Open is repeated here, first at line 3: both count; leave one of them',
        '4:8: "tcp/7999-8000" is already opened by tcp/8000-8010: name each port of a door once',
      ],
      'too many': [
        Array.from({ length: MAX_PORT_OPENINGS + 5 }, (_, i) => `tcp/${i + 1}`).join(),
        '3:8117: a door opens at most 1024 ports or ranges: combine them into ranges',
      ],
    },
    (text) => inDoor(`open = ${text}`),
  );
});

describe('other values of a door', () => {
  check(
    {
      'a time that is none': ['open_for = soon', `3:12: "soon" is not a length of time: ${TIME}`],
      'an unknown unit, a fraction, a sign': [
        'open_for = 5w\ncooldown = 1.5m\n',
        `3:12: "5w" is not a length of time: ${TIME}`,
        `4:12: "1.5m" is not a length of time: ${TIME}`,
      ],
      'a time too long': ['open_for = 24856d', `3:12: "24856d" is too long: ${TIME}`],
      'no time': ['open_for =', `3:1: a time is missing: ${TIME}`],
      'a unit where knockd reads seconds': [
        'cmd_timeout = 10m',
        '3:15: "10m": cmd_timeout has no units, because knockd would read only the digits: write whole seconds, or Open_For = 10m',
      ],
      'no number of cmd_timeout': ['cmd_timeout = x', `3:15: "x" is not a timeout: ${TIMEOUT}`],
      'both names of one time': [
        'cmd_timeout = 5\nopen_for = 5',
        '4:1: warning: Cmd_Timeout is repeated here, first at line 3: this one counts, as in knockd; leave one of them',
      ],
      'a lease without length': [
        'open = tcp/22\nopen_for = 0m',
        '4:12: the ports would close as soon as they are open: allow at least 1 second',
      ],
      'a lease without length, by its other name': [
        'open = tcp/22\ncmd_timeout = 0',
        '4:15: the ports would close as soon as they are open: allow at least 1 second',
      ],
      'what narrows a door without ports': [
        'single_use = yes\nhold = no\nclose_kills = yes\nlease_prefix6 = 64',
        `3:1: Single_Use without Open: ${NARROWS}`,
        `4:1: Hold without Open: ${NARROWS}`,
        `5:1: Close_Kills without Open: ${NARROWS}`,
        `6:1: Lease_Prefix6 without Open: ${NARROWS}`,
      ],
      'no length of a prefix': [
        'open = tcp/22\nlease_prefix6 = 47',
        `4:17: "47" is not a valid prefix length here: ${LENGTH}`,
      ],
      'a length beyond an address': [
        'open = tcp/22\nlease_prefix6 = 129',
        `4:17: "129" is not a valid prefix length here: ${LENGTH}`,
      ],
      'a prefix in place of its length': [
        'open = tcp/22\nlease_prefix6 = 2001:db8::/64',
        `4:17: "2001:db8::/64" is not a valid prefix length here: ${LENGTH}`,
      ],
      'no length': ['open = tcp/22\nlease_prefix6 =', `4:1: a length is missing: ${LENGTH}`],
      'a prefix wider than a network': [
        'open = tcp/22\nlease_prefix6 = 56',
        '4:17: warning: a door opens for every network in the knocker’s /56: write 64 for the knocker’s own network, unless one site has all of it',
      ],
      'a prefix that nobody stays in': [
        'open = tcp/22\nlease_prefix6 = 96',
        '4:17: warning: a host chooses its IPv6 addresses from the whole of a /64, so they seldom share 96 bits: write 64, or 128 for one address',
      ],
      'neither yes nor no': [
        'open = tcp/22\nhold = 1\nSingle_Use =',
        '4:8: "1" is neither yes nor no: write hold = yes or hold = no',
        '5:1: a value is missing: write Single_Use = yes or Single_Use = no',
      ],
      'a network that is none': [
        'allow = example.com, 192.0.2.0/33,, 1.2.3.4/x/y\ndeny =',
        `3:9: "example.com" is not a network: ${NETWORK}`,
        `3:22: "192.0.2.0/33" is not a network: ${NETWORK}`,
        `3:35: a network is missing: ${NETWORK}`,
        `3:37: "1.2.3.4/x/y" is not a network: ${NETWORK}`,
        `4:1: a network is missing: ${NETWORK}`,
      ],
      'an address where its network is meant': [
        'allow = 192.0.2.7/24\ndeny = 2001:db8::1/32',
        '3:9: "192.0.2.7/24" has bits set behind its length: write 192.0.2.0/24, or the address alone',
        '4:8: "2001:db8::1/32" has bits set behind its length: write 2001:db8::/32, or the address alone',
      ],
      'allowed and denied': [
        'allow = 192.0.2.1/32, ::1\ndeny = 192.0.2.1',
        '3:9: warning: "192.0.2.1/32" is denied too, and so it is not allowed: remove one of them',
      ],
      'a bound that is none': [
        'open = tcp/22\nmax_leases = 0\nmax_leases = many',
        '4:14: "0" is not a number of leases: write a whole number from 1 to 1048576',
        '5:1: warning: Max_Leases is repeated here, first at line 4: this one counts; leave one of them',
        '5:14: "many" is not a number of leases: write a whole number from 1 to 1048576',
      ],
      'a bound too high': [
        'open = tcp/22\nmax_leases = 1048577',
        '4:14: "1048577" is not a number of leases: write a whole number from 1 to 1048576',
      ],
      'a bound without leases': [
        'command = x\nmax_leases = 5',
        '4:1: warning: Max_Leases has no effect: a door without Open and without Stop_Command has no leases, remove it',
      ],
      'a cooldown beside Open': [
        'open = tcp/22\ncooldown = 30s',
        '4:1: Cooldown beside Open of line 3: a door with Open has a lease, which further knocks extend; remove it',
      ],
      'a cooldown beside Stop_Command': [
        'cooldown = 30s\ncommand = a\nstop_command = b',
        '3:1: Cooldown beside Stop_Command of line 5: a door with Stop_Command has a lease, which further knocks extend; remove it',
      ],
    },
    inDoor,
  );
});

describe('options of the firewall', () => {
  check(
    {
      'an unknown firewall': [
        'firewall = nftable\n',
        '2:12: "nftable" is not a value of Firewall: did you mean nftables? it is one of nftables, iptables, auto',
      ],
      'no group': [
        'control_group = a:b',
        '2:17: "a:b" is not a group: write its name, such as adm, or its number',
      ],
      'an unknown end': [
        'on_exit = close',
        '2:11: "close" is not a value of On_Exit: it is one of open, keep',
      ],
      'no chain': [
        'attach = inet filter, , inet filter input x',
        `2:10: "inet filter" is not a chain: ${CHAIN}`,
        `2:23: a chain is missing: ${CHAIN}`,
        `2:25: "inet filter input x" is not a chain: ${CHAIN}`,
      ],
      'a family that does not filter addresses': [
        'attach = bridge filter input',
        '2:10: unknown family "bridge" in "bridge filter input": it is inet, ip or ip6',
      ],
      'a name that nft would read as something else': [
        'attach = inet filter {input}, inet 1 input',
        '2:10: "{input}" in "inet filter {input}" is not a name that nftables accepts: a name begins with a letter, and letters, digits, "_", ".", "-" or "/" follow',
        '2:31: "1" in "inet 1 input" is not a name that nftables accepts: a name begins with a letter, and letters, digits, "_", ".", "-" or "/" follow',
      ],
      'a chain twice': [
        'attach = inet filter input,inet  filter  input',
        '2:28: "inet filter input" is named twice: name each chain once',
      ],
      'too many chains': [
        `attach = ${Array.from({ length: 66 }, (_, i) => `ip f c${i}`).join()}`,
        '2:576: more than 64 chains: name only those that drop new connections',
      ],
      'a chain of Bussa’s own table': [
        'attach = inet filter input, inet bussa input',
        `2:29: "inet bussa input" is in Bussa's own table: name a chain of your own ruleset, or remove Attach: the doors’ ports are closed in that table`,
      ],
      'attach and iptables': [
        'attach = inet filter input\nfirewall = iptables',
        '2:1: Attach names chains of nftables, but Firewall is iptables: remove it, or write Firewall = nftables or auto',
      ],
      'an empty option': [
        'firewall =\nattach =\non_exit =\non_stop =',
        '2:1: warning: Firewall is empty: it has no effect, remove it',
        '3:1: warning: Attach is empty: it has no effect, remove it',
        '4:1: warning: On_Exit is empty: it has no effect, remove it',
        '5:1: warning: On_Stop is empty: it has no effect, remove it',
      ],
    },
    inOptions,
  );
  check(
    {
      'in a door': [
        'firewall = auto\non_start = x',
        '3:1: "firewall" concerns the whole daemon: move it to the section [options]',
        '4:1: "on_start" concerns the whole daemon: move it to the section [options]',
      ],
      'a misspelt one': [
        'singleuse = yes\nopen = tcp/1',
        '3:1: unknown directive "singleuse": did you mean Single_Use?',
      ],
    },
    inDoor,
  );
});
