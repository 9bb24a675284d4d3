import type { RemedyCase } from '../netns/remedy-case.ts';
import { CLONE } from './booted-debian.ts';
import { door, type Machine, until } from './machine.ts';

type Case = RemedyCase<Machine>;

/** The second port is closed over IPv4 by somebody else. */
const CONFIG = door(60).replace('tcp/22', 'tcp/22, tcp/23');
const EARLY =
  'table ip early { chain input { type filter hook input priority -10; policy accept; tcp dport 23 drop; }; }';

const DROP_IN = '/etc/systemd/system/knockd.service.d/quick.conf';

const downCase = (
  kind: 'systemctl-start' | 'systemctl-unmask' | 'systemctl-restart',
  name: string,
  arrange: (machine: Machine) => Promise<unknown>,
): Case => ({
  name,
  proves: [`daemon-running ${kind}`, `port-hidden ${kind}`, `ipv6-gap ${kind}`],
  arrange: async (machine) => {
    machine.debian.write('/etc/knockd.conf', CONFIG);
    await machine.wire.server.run('nft', EARLY);
    await arrange(machine);
  },
  check: async (machine) => {
    await until('it is active', async () => (await machine.show('ActiveState')) === 'active');
  },
});

const DOWN: readonly Case[] = [
  downCase(
    'systemctl-start',
    'the service is not allowed to start, as the package leaves it',
    async ({ debian }) => {
      await debian.run('cp', `${CLONE}/packaging/default-knockd`, '/etc/default/knockd');
    },
  ),
  downCase('systemctl-unmask', 'the service is masked', async (machine) => {
    // A file of the administrator's cannot be masked; a package's is.
    await machine.debian.run('mv', '/etc/systemd/system/knockd.service', '/lib/systemd/system/');
    await machine.systemctl('mask', 'knockd');
    await machine.debian.run('cp', `${CLONE}/packaging/default-knockd`, '/etc/default/knockd');
  }),
  downCase('systemctl-restart', 'the service hangs, and its table is gone', async (machine) => {
    // No watchdog comes before doctor.
    machine.debian.write(DROP_IN, '[Service]\nWatchdogSec=600\n', 0o644);
    await machine.systemctl('daemon-reload');
    await machine.systemctl('start', 'knockd');
    await machine.systemctl('kill', '-s', 'STOP', 'knockd');
    await machine.wire.server.run('nft', 'delete table inet bussa');
  }),
];

const bootCase = (
  kind: 'systemctl-enable' | 'systemctl-unmask' | 'install-unit' | 'allow-start',
  name: string,
  arrange: (machine: Machine) => Promise<unknown>,
): Case => ({
  name,
  proves: [`service-enabled ${kind}`],
  arrange: async (machine) => {
    machine.debian.write('/etc/knockd.conf', CONFIG);
    await arrange(machine);
  },
  check: async (machine) => {
    await machine.systemctl('start', 'knockd');
    if ((await machine.show('UnitFileState')) !== 'enabled') throw new Error('it is not enabled');
    if ((await machine.show('ActiveState')) !== 'active') throw new Error('it does not run');
  },
});

const BOOT: readonly Case[] = [
  bootCase('systemctl-enable', 'the service is neither enabled nor allowed to start', async ({ debian }) => {
    await debian.run('cp', `${CLONE}/packaging/default-knockd`, '/etc/default/knockd');
  }),
  bootCase('systemctl-unmask', 'the service is masked', async (machine) => {
    await machine.debian.run('mv', '/etc/systemd/system/knockd.service', '/lib/systemd/system/');
    await machine.systemctl('mask', 'knockd');
    await machine.debian.run('cp', `${CLONE}/packaging/default-knockd`, '/etc/default/knockd');
  }),
  bootCase('install-unit', 'a clone without the unit', async (machine) => {
    await machine.debian.run('rm', '/etc/systemd/system/knockd.service');
    await machine.debian.run('cp', `${CLONE}/packaging/default-knockd`, '/etc/default/knockd');
    await machine.systemctl('daemon-reload');
  }),
  bootCase('allow-start', 'enabled, and not allowed to start', async (machine) => {
    machine.debian.write('/etc/default/knockd', '\tSTART_KNOCKD=1\nSTART_KNOCKD="no"\n', 0o644);
    await machine.systemctl('enable', 'knockd');
  }),
];

const OLD_UNIT = `[Service]
ExecStart=/opt/old/knockd -c /etc/old.conf -i lo
Restart=always
[Install]
WantedBy=multi-user.target
`;
const OLD_CONFIG = '[a]\n  sequence = 7000\n  command = true\n';

const OTHERS: readonly Case[] = [
  {
    name: 'a service of somebody’s starts the knockd written in C again and again',
    proves: ['another-knockd systemctl-disable'],
    arrange: async (machine) => {
      const { debian } = machine;
      debian.write('/etc/knockd.conf', CONFIG);
      debian.write('/etc/old.conf', OLD_CONFIG);
      debian.write('/etc/systemd/system/old-knock.service', OLD_UNIT, 0o644);
      await debian.run('mkdir', '-p', '/opt/old');
      machine.copyProgram('/opt/old/knockd');
      await machine.systemctl('daemon-reload');
      await machine.systemctl('enable', '--now', 'old-knock');
    },
    check: async (machine) => {
      await machine.debian.reboot();
      if ((await machine.debian.status('systemctl', 'is-active', 'old-knock')) === 0)
        throw new Error('it is back');
    },
  },
  {
    name: 'the trial of bussa init',
    proves: ['trial confirm', 'service-enabled confirm'],
    arrange: async (machine) => {
      const { debian } = machine;
      await debian.run('rm', '/etc/systemd/system/knockd.service', '/etc/knockd.conf');
      await machine.systemctl('daemon-reload');
      const words = 'bussa init --port 22 --for 60 --host 10.7.0.1';
      const session = debian.start('script', '-qec', words, '/dev/null');
      for (const question of [/Write \/etc\/knockd\.conf\? .*: /, /[Ss]tart the service knockd now\?.*: /]) {
        await session.saw(question);
        session.write('\r');
      }
      await session.saw(/Press Enter here/);
    },
    check: async (machine) => {
      if ((await machine.show('UnitFileState')) !== 'enabled') throw new Error('it is not enabled');
    },
  },
];

export const SYSTEMD_REMEDY_CASES: readonly Case[] = [...DOWN, ...BOOT, ...OTHERS];
