// Recipes that hide something else than SSH, and that tell of it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Namespace } from '../lab/namespace.ts';
import { repository } from '../lab/scratch-clone.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { TempDirectory } from '../lab/temp-directory.ts';
import { CLIENT, linkUp, SERVER, STRANGER } from '../lab/wire.ts';
import { RecipeFixture } from './recipe-fixture.ts';
import { serveHttps } from './recipe-servers.ts';

const RECEIVER = fileURLToPath(new URL('../lab/notice-receiver.ts', import.meta.url));
const DOCKER_RULES = path.join(import.meta.dirname, 'rulesets/docker.v4');

/** The network that dockerd makes, with a service at port 80 of a container, published as 8080. */
async function publish(stage: RecipeFixture): Promise<void> {
  const { server } = stage.wire;
  const container = stage.keep(await Namespace.create());
  await server.ip('link add docker0 type bridge');
  await server.ip('addr add 172.17.0.1/16 dev docker0');
  await server.ip('link set docker0 up');
  await container.ip(`link add eth0 type veth peer name veth0 netns ${server.name}`);
  await server.ip('link set veth0 master docker0 up');
  await container.ip('addr add 172.17.0.2/16 dev eth0');
  await container.ip('link set eth0 up');
  await linkUp(container, 'eth0');
  await container.ip('route add default via 172.17.0.1');
  await server.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  await server.run('iptables-restore', DOCKER_RULES);
  stage.keep(await startService(container, 80));
}

/** A tunnel of WireGuard from the client to the server, all but what the recipe says of it. */
async function prepareTunnel(stage: RecipeFixture, preUp: string, keepalive: string): Promise<void> {
  const keys = async (): Promise<readonly [string, string]> => {
    const secret = (await stage.server.run('wg genkey')).trim();
    return [secret, (await stage.server.run(`echo ${secret} | wg pubkey`)).trim()];
  };
  const [[serverKey, serverPublic], [clientKey, clientPublic]] = [await keys(), await keys()];
  await stage.server.write(
    '/etc/wireguard/wg0.conf',
    `[Interface]\nPrivateKey = ${serverKey}\nAddress = 10.99.0.1/24\nListenPort = 51820\n[Peer]\nPublicKey = ${clientPublic}\nAllowedIPs = 10.99.0.2/32\n`,
  );
  await stage.client.write(
    '/etc/wireguard/wg0.conf',
    `[Interface]\nPrivateKey = ${clientKey}\nAddress = 10.99.0.2/24\n${preUp}\n[Peer]\nPublicKey = ${serverPublic}\nEndpoint = server.example.org:51820\nAllowedIPs = 10.99.0.1/32\n${keepalive}\n`,
  );
  await stage.server.run('wg-quick up wg0');
}

const quoted = (text: string, key: string): string =>
  new RegExp(`\`(${key} = [^\`]+)\``).exec(text)?.[1] ?? assert.fail(`the page has no ${key}`);

export const SERVICES: Readonly<Record<string, (name: string) => Promise<void>>> = {
  'Docker-published ports': async (name) => {
    await using stage = await RecipeFixture.create(name, 'none');
    await publish(stage);
    await assertOpen(stage.wire.client, SERVER, 8080, STRANGER);
    await stage.run();
    await stage.writeProfile();
    await stage.tryIt(8080);
    stage.assertAllRun();
  },

  'WireGuard hidden behind a knock': async (name) => {
    await using stage = await RecipeFixture.create(name, 'none');
    const page = readFileSync(path.join(repository, 'docs/recipes.md'), 'utf8');
    await prepareTunnel(stage, '', '');
    const [, ports = ''] = /^ {4}knock -d 100 server\.example\.org (.+)$/m.exec(await stage.run()) ?? [];
    const profile = stage.take('').replace('…', ports);
    await stage.client.write('/root/.config/bussa/hosts.conf', profile);
    const daemon = stage.keep(stage.server.start('bussa up'));
    await daemon.saw(/listening on .*\.\.\.\n/);
    await stage.client.run('wg-quick up wg0');
    assert.notEqual(await stage.wire.client.status('ping', '-c', '1', '-W', '2', '10.99.0.1'), 0);
    await stage.client.run('wg-quick down wg0');
    await stage.client.run(
      `sed -i -e '/^Address/a ${quoted(page, 'PreUp')}' -e '/^AllowedIPs/a ${quoted(page, 'PersistentKeepalive')}' /etc/wireguard/wg0.conf`,
    );
    await stage.run();
    await daemon.saw(/vpn: opened udp\/51820/);
    assert.equal(await stage.wire.client.status('ping', '-c', '1', '-w', '20', '10.99.0.1'), 0);
    await stage.client.run('wg-quick down wg0');
    stage.assertAllRun();
  },

  Minecraft: async (name) => {
    await using stage = await RecipeFixture.create(name, 25_565);
    await stage.run();
    await stage.writeProfile();
    const daemon = await stage.tryIt(25_565);
    await daemon.saw(/opened tcp\/25565 for 600 s/);
    const [, ports = ''] = /Knock (.+)/.exec(stage.said) ?? [];
    const page = await stage.server.run('cat /root/minecraft.html; stat -c mode=%a /root/minecraft.html');
    for (const port of ports.trim().split(' ')) assert.match(page, new RegExp(`\\b${port}\\b`));
    assert.match(page, /mode=600/);
    stage.assertAllRun();
  },

  'A second service': async (name) => {
    await using stage = await RecipeFixture.create(name);
    stage.keep(await startService(stage.wire.server, 25_565));
    await stage.run();
    const [ssh = '', minecraft = ''] = [...stage.said.matchAll(/^ {4}knock (.+)$/gm)].map(
      ([, words]) => words,
    );
    const daemon = stage.keep(stage.server.start('bussa up'));
    await daemon.saw(/listening on .*\.\.\.\n/);
    for (const port of [22, 25_565]) await assertShut(stage.wire.client, SERVER, port, CLIENT);
    for (const [words, port] of [
      [ssh, 22],
      [minecraft, 25_565],
    ] as const) {
      await stage.client.run(`knock ${words}`.replace('knock', `${repository}/bin/knock`));
      await stage.assertOpenToClient(port);
    }
    stage.assertAllRun();
  },

  Notifications: async (name) => {
    await using stage = await RecipeFixture.create(name);
    using directory = new TempDirectory();
    const web = stage.keep(await serveHttps(stage, directory));
    const smtp = stage.keep(
      stage.wire.server.start(process.execPath, '--disable-warning=ExperimentalWarning', RECEIVER, 'smtp'),
    );
    await smtp.saw(/serving/);
    await stage.server.run('bussa init --yes --host server.example.org');
    const daemon = stage.keep(stage.server.start('bussa up'));
    await daemon.saw(/listening on .*\.\.\.\n/);
    const pipes = [stage.start(), stage.start(), stage.start()];
    const told = [
      [web, /^https ntfy\.sh\/YOUR_TOPIC 192\.0\.2\.\d+: ssh: the door is open/m],
      [web, /^https hooks\.example\.org\/YOUR_HOOK \{"text":"192\.0\.2\.\d+: ssh: the door is open/m],
      [smtp, /^smtp Subject: bussa: 192\.0\.2\.\d+: ssh: the door is open/m],
    ] as const;
    // A pipe does not say when it has begun to follow.
    for (let at = 1; told.some(([program, text]) => program.output.match(text) === null); at++) {
      assert.ok(at < 30, `${[web, smtp, ...pipes].map(({ output }) => output).join('\n')}`);
      await stage.server.run(`bussa open ssh 192.0.2.${at} --for 10m`);
      await Promise.all(told.map(([program, text]) => program.saw(text, 1, 1000).catch(() => undefined)));
    }
    stage.assertAllRun();
  },
};
