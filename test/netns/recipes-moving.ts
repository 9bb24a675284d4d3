// Recipes for who comes from another daemon, which runs before, as Debian's package starts it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { C_KNOCK, C_KNOCKD } from '../lab/knockd.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER } from '../lab/wire.ts';
import { RecipeFixture } from './recipe-fixture.ts';

const WALL = `for tables in iptables ip6tables; do $tables -P INPUT DROP; $tables -A INPUT -i lo -j ACCEPT
$tables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; done; ip6tables -A INPUT -p ipv6-icmp -j ACCEPT`;

const KNOCKD_CONF = `[options]
	UseSyslog
	Interface = eth0

[openSSH]
	sequence    = 7311,18422,9533
	seq_timeout = 5
	tcpflags    = syn
	start_command = /sbin/iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
	cmd_timeout   = 20
	stop_command  = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
`;
const KNOCK = [SERVER, '7311', '18422', '9533'];

export const MOVING: Readonly<Record<string, (name: string) => Promise<void>>> = {
  'From knockd': async (name) => {
    await using stage = await RecipeFixture.create(name);
    const { client, server } = stage.wire;
    const init = C_KNOCKD.replace('/usr/sbin/', '/etc/init.d/');
    await stage.server.write('/etc/init.d/knockd', readFileSync(init, 'utf8'), '755');
    await stage.server.run(
      `test ${C_KNOCKD} = /usr/sbin/knockd || install ${C_KNOCKD} /usr/sbin/knockd; ${WALL}`,
    );
    await stage.server.write('/etc/default/knockd', 'START_KNOCKD=1\n');
    await stage.server.write('/etc/knockd.conf', KNOCKD_CONF);
    await stage.server.run('service knockd start >/dev/null 2>&1');
    // The init script does not wait until it has begun either.
    await stage.server.run(
      'timeout 20 sh -c "until pgrep -F /run/knockd.pid 2>/dev/null; do sleep 0.1; done"',
    );
    assert.doesNotMatch(await stage.run(), /error/);
    // The init script does not wait until it has ended.
    await stage.server.run('timeout 20 sh -c "while pgrep -F /run/knockd.pid; do sleep 0.1; done"');
    await stage.start().saw(/listening on .*\.\.\.\n/);
    await assertShut(client, SERVER, 22, CLIENT);
    await client.run(C_KNOCK, '-d', '20', ...KNOCK);
    await stage.assertOpenToClient();
    assert.match(await server.run('iptables', '-S', 'INPUT'), new RegExp(`-s ${CLIENT}/32 .*--dport 22`));
    stage.assertAllRun();
  },

  'From fwknop': async (name) => {
    await using stage = await RecipeFixture.create(name);
    const keys = await stage.client.run('fwknop --key-gen');
    const [, key = ''] = /^KEY_BASE64: (\S+)/m.exec(keys) ?? assert.fail(keys);
    const [, hmac = ''] = /^HMAC_KEY_BASE64: (\S+)/m.exec(keys) ?? assert.fail(keys);
    const secrets = `KEY_BASE64 ${key}\nHMAC_KEY_BASE64 ${hmac}\n`;
    await stage.client.write(
      '/root/.fwknoprc',
      `[server.example.org]\nACCESS tcp/22\nSPA_SERVER server.example.org\nALLOW_IP ${CLIENT}\nUSE_HMAC Y\n${secrets}`,
    );
    await stage.server.run(WALL);
    await stage.server.write('/etc/fwknop/access.conf', `SOURCE ANY\nOPEN_PORTS tcp/22\n${secrets}`);
    await stage.server.write('/etc/fwknop/fwknopd.conf', 'PCAP_INTF eth0;\n');
    await stage.server.write('/etc/default/fwknop-server', 'START_DAEMON="yes"\nDAEMON_ARGS=""\n');
    await stage.server.run('service fwknop-server start >/dev/null 2>&1 || :');
    await stage.run();
    await assert.rejects(
      stage.server.run('pgrep -F /run/fwknop/fwknopd.pid 2>/dev/null'),
      'the old daemon has ended',
    );
    await assertShut(stage.wire.client, SERVER, 22, CLIENT);
    await stage.tryIt(22, () => stage.run());
    await assertOpen(stage.wire.client, SERVER, 22, CLIENT);
    stage.assertAllRun();
  },
};
