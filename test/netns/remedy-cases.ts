import type { HostCopy } from '../lab/host-copy.ts';
import { C_KNOCKD } from '../lab/knockd.ts';
import { repository } from '../lab/scratch-clone.ts';
import { OPEN_PORT_CASES } from './open-port-cases.ts';
import {
  type Case,
  CLEAN,
  COMMANDS,
  CONFIG,
  closeOver4,
  NATIVE,
  NO_IPTABLES,
  nftHost,
  onBoth,
} from './remedy-setups.ts';

/** The daemon is down, and its ports are open, 23 over IPv6 alone. */
const downCase = (
  kind: 'knockd-start' | 'knockd-restart' | 'init-start',
  name: string,
  command: string,
): Case => ({
  name,
  proves: [`daemon-running ${kind}`, `port-hidden ${kind}`, `ipv6-gap ${kind}`],
  arrange: async (host) => {
    await host.write(CONFIG, NATIVE);
    await host.run(`${closeOver4()} && ${command}`);
  },
});

/** The service of a machine without systemd. */
const scriptCase = (
  name: string,
  arrange: (host: HostCopy) => Promise<unknown>,
  ...proves: Case['proves']
): Case => ({
  name,
  proves,
  arrange: async (host) => {
    await host.write(CONFIG, NATIVE);
    await arrange(host);
  },
});
const INIT_SCRIPT = `install -m 755 ${repository}/packaging/knockd.init /etc/init.d/knockd`;

const BOOT: readonly Case[] = [
  scriptCase('an init script in no runlevel', (host) => host.run(INIT_SCRIPT), 'service-enabled update-rc.d'),
  scriptCase(
    'an init script in its runlevels, not allowed to start',
    (host) => host.run(`${INIT_SCRIPT} && ln -s ../init.d/knockd /etc/rc2.d/S01knockd`),
    'service-enabled allow-start',
  ),
];

/** The daemon runs, and a rule of the owner's keeps everybody out. */
const WAY_IN: readonly Case[] = [
  {
    name: 'a chain of nftables that drops the port beside iptables',
    proves: ['way-in nft-pass'],
    arrange: async (host) => {
      await host.write(CONFIG, `[options]\n  firewall = iptables\n${NATIVE}`);
      await host.run(`knockd -d && ${nftHost('accept', 'tcp dport 22 drop;')}`);
    },
  },
  {
    name: 'iptables that drops the port beside nftables',
    proves: ['way-in iptables-pass'],
    arrange: async (host) => {
      await host.write(CONFIG, `[options]\n  firewall = nftables\n${NATIVE}`);
      await host.run(`knockd -d && ${onBoth('-A INPUT -p tcp --dport 22 -j DROP')}`);
    },
  },
];

const OWN = '-c /etc/mine.conf --state /var/lib/own -i eth0 -4 -p /run/own.pid';

const OPENRC_SCRIPT = `#!/sbin/openrc-run
command=/usr/local/sbin/knockd
command_args="-d -p /run/knockd.pid"
pidfile=/run/knockd.pid
`;

const DOWN: readonly Case[] = [
  downCase('knockd-start', 'nothing starts it, as in a container', 'true'),
  downCase(
    'init-start',
    'an init script, not allowed to start',
    `install -m 755 ${repository}/packaging/knockd.init /etc/init.d/knockd && cp ${repository}/packaging/default-knockd /etc/default/knockd`,
  ),
  {
    ...downCase('init-start', 'OpenRC, with a script as its packages have them, in no runlevel', 'true'),
    proves: [...downCase('init-start', '', '').proves, 'service-enabled rc-update'],
    arrange: async (host) => {
      await host.run('apt-get install -y --no-install-recommends openrc', 'own-network');
      await host.run('mkdir -p /run/openrc && touch /run/openrc/softlevel');
      await host.write('/etc/init.d/knockd', OPENRC_SCRIPT, '755');
      await host.write(CONFIG, NATIVE);
      await host.run(closeOver4());
    },
  },
  downCase(
    'knockd-restart',
    'it hangs, and its table is gone',
    'knockd -d && kill -STOP $(cat /var/lib/bussa/*/pid) && nft delete table inet bussa',
  ),
  {
    name: 'one that was started by hand, with options of its own',
    options: '--state /var/lib/own',
    proves: ['daemon-running knockd-start'],
    arrange: async (host) => {
      await host.write('/etc/mine.conf', NATIVE);
      await host.run(
        `knockd -d ${OWN} && kill $(cat /run/own.pid) && while [ -e /run/own.pid ]; do sleep 0.02; done`,
      );
    },
    check: async (host) => {
      const status = await host.run('bussa status --json --state /var/lib/own');
      const { config, options } = JSON.parse(status) as {
        readonly config: string;
        readonly options: Readonly<Record<string, unknown>>;
      };
      const { interfaces, ipv6, pidFile } = options;
      const told = JSON.stringify([config, interfaces, ipv6, pidFile]);
      if (told !== '["/etc/mine.conf","eth0",false,"/run/own.pid"]') throw new Error(status);
    },
  },
];

const DOCKER =
  'iptables -t nat -N DOCKER && iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER && iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 22 -j DNAT --to-destination 172.17.0.2:2222';
const NFT_DNAT =
  "nft 'table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 22 dnat to 172.17.0.2:2222; }; }'";

/** In ways in which a configuration may be written. */
const RANGE = NATIVE.replace('open        = tcp/22, tcp/23', 'Open = udp/53 , TCP / 20 - 30');

const BYPASSED: readonly Case[] = [
  {
    name: 'a container runtime publishes the port, and the daemon runs',
    proves: ['container-bypass forward'],
    arrange: async (host) => {
      await host.write(CONFIG, NATIVE);
      await host.run(`${DOCKER} && knockd -d`);
    },
  },
  {
    name: 'a container runtime publishes a port of a range, and the daemon does not run',
    proves: ['container-bypass forward'],
    arrange: async (host) => {
      await host.write('/etc/knockd/range.conf', RANGE);
      await host.run(`${DOCKER} && ln -s knockd/range.conf ${CONFIG}`);
    },
    check: async (host) => {
      await host.run(`test -L ${CONFIG} && grep -q '^  Open = udp/53 , TCP / 20 - 30 forward$' ${CONFIG}`);
    },
  },
  {
    name: 'a container runtime publishes the port of a door with commands',
    proves: ['container-bypass iptables-forward'],
    arrange: async (host) => {
      await host.write(CONFIG, COMMANDS);
      await host.run(DOCKER);
    },
  },
  {
    name: 'nft sends the port of a door with commands on, and there is no iptables',
    proves: ['container-bypass nft-forward'],
    arrange: async (host) => {
      await host.write(CONFIG, COMMANDS);
      await host.run(`${NO_IPTABLES} && ${NFT_DNAT}`);
    },
  },
];

const established = (tool: 'iptables' | 'nft', rules: string): Case => ({
  name: `${tool} without a rule for what is established`,
  proves: [`established ${tool}-established`],
  arrange: async (host) => {
    await host.write(CONFIG, COMMANDS);
    await host.run(rules);
  },
});

const LOGGED = (log: string): string => `[options]\n  LogFile = ${log}\n${NATIVE}`;

const OTHERS: readonly Case[] = [
  established('iptables', onBoth('-P INPUT DROP')),
  established('nft', nftHost('drop').replace('ct state established,related accept;', '')),
  {
    name: 'a trial',
    proves: ['trial confirm'],
    arrange: async (host) => {
      await host.write(CONFIG, NATIVE);
      const up = host.start('exec bussa up --confirm 600');
      await up.saw(/unless you confirm/);
    },
  },
  {
    name: 'the knockd written in C',
    proves: ['another-knockd kill'],
    arrange: async (host) => {
      await host.write(CONFIG, COMMANDS);
      await host.start(`exec ${C_KNOCKD} -c ${CONFIG} -v -i lo`).saw(/listening on/);
    },
  },
  {
    name: 'an interface that is down',
    proves: ['interface-up link-up'],
    arrange: async (host) => {
      await host.write(CONFIG, `[options]\n  Interface = eth0\n${NATIVE}`);
      await host.run('ip link set eth0 down');
    },
  },
  {
    name: 'no interface is up',
    proves: ['interface-up link-up'],
    arrange: async (host) => {
      await host.write(CONFIG, NATIVE);
      await host.run('ip link set eth0 down');
    },
  },
  {
    name: 'a configuration that everybody can read, at a place with an odd name',
    options: `-c "/etc/my host's.conf"`,
    proves: ['configuration chmod'],
    arrange: async (host) => {
      await host.write('"/etc/my host\'s.conf"', CLEAN, '644');
    },
  },
  {
    name: 'a log that nothing rotates',
    proves: ['log-rotation logrotate-file'],
    arrange: async (host) => {
      await host.write(CONFIG, LOGGED("/var/log/the door's.log"));
      await host.write('"/var/log/the door\'s.log"', 'a line\n');
    },
    check: async (host) => {
      await host.run(`logrotate -f /etc/logrotate.d/bussa-log && test -s "/var/log/the door's.log.1.gz"`);
    },
  },
  {
    name: 'no logrotate',
    place: 'own-network',
    proves: ['log-rotation logrotate-package'],
    arrange: async (host) => {
      await host.write(CONFIG, LOGGED('/var/log/doors.log'));
      await host.run('rm /usr/sbin/logrotate');
    },
  },
];

const missing = (library: 'libpcap' | 'libnftables'): Case => ({
  name: `${library} is missing`,
  place: 'own-network',
  proves: [`library-${library} package`],
  arrange: async (host) => {
    await host.write(CONFIG, NATIVE);
    await host.run(`rm /usr/lib/*/${library}.so.*`);
  },
});

const LIBRARIES: readonly Case[] = [
  missing('libpcap'),
  missing('libnftables'),
  {
    name: 'koffi is damaged in a clone',
    place: 'own-network',
    proves: ['library-koffi npm-ci'],
    arrange: async (host) => {
      await host.write(CONFIG, NATIVE);
      await host.run(`ln -sf ${repository}/bin/bussa ${repository}/bin/knockd /usr/local/sbin/`);
      await host.run(`find ${repository}/node_modules -name 'koffi*.node' -exec truncate -s 0 {} +`);
    },
  },
];

export const REMEDY_CASES: readonly Case[] = [
  ...DOWN,
  ...BOOT,
  ...WAY_IN,
  ...OPEN_PORT_CASES,
  ...BYPASSED,
  ...OTHERS,
  ...LIBRARIES,
];
