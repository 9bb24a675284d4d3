// docs/recipes.md, those for many hosts: the package goes to a server that has none. A part of npm run test:package.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { PACKAGE } from '../lab/packages.ts';
import { assertShut } from '../lab/service.ts';
import { TempDirectory } from '../lab/temp-directory.ts';
import { CLIENT, SERVER } from '../lab/wire.ts';
import { RecipeFixture } from '../netns/recipe-fixture.ts';
import { serveHttps } from '../netns/recipe-servers.ts';

/** No server has it yet: what HostCopy has in /usr/local/sbin, and another knockd. */
const WITHOUT = 'rm -f /usr/local/sbin/bussa /usr/local/sbin/knockd /usr/sbin/knockd';

const readYaml = (text: string): unknown =>
  JSON.parse(
    execFileSync('python3', ['-c', 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))'], {
      input: text,
      encoding: 'utf8',
    }),
  );

type CloudConfig = {
  readonly package_update: boolean;
  readonly packages: readonly string[];
  readonly runcmd: readonly (string | readonly string[])[];
};

describe('recipes for many hosts, as they are printed', () => {
  test('cloud-init', async () => {
    await using stage = await RecipeFixture.create('cloud-init');
    using directory = new TempDirectory();
    stage.keep(await serveHttps(stage, directory, PACKAGE));
    await stage.server.run(WITHOUT);
    const text = stage.take('yaml', 'cloud-init');
    assert.ok(text.startsWith('#cloud-config\n'));
    const config = readYaml(text) as CloudConfig;
    assert.deepEqual(Object.keys(config), ['package_update', 'packages', 'runcmd']);
    await stage.server.run(`apt-get install -y -qq --no-install-recommends ${config.packages.join(' ')}`);
    // As cloud-init does: a list is a program with its arguments, a text is for the shell.
    for (const command of config.runcmd) {
      const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
      await stage.server.run(typeof command === 'string' ? command : command.map(quote).join(' '));
    }
    assert.equal(await stage.server.run('stat -c %a /root/knock.txt /etc/knockd.conf'), '600\n600\n');
    await stage.writeProfile(await stage.server.run('cat /root/knock.txt'));
    await stage.tryIt();
    stage.assertAllRun();
  });

  test('Ansible', async () => {
    await using stage = await RecipeFixture.create('Ansible', 'none');
    const playbook = stage.take('yaml', 'ansible');
    assert.ok(Array.isArray(readYaml(playbook)));
    await stage.client.run(`cp ${PACKAGE} /root/bussa.deb`);
    await stage.client.write('/root/knockd.yml', playbook);
    await stage.server.run(WITHOUT);
    await letIn(stage);
    const command = `cd /root; export HOME=/root ANSIBLE_NOCOLOR=1; ${stage.take('sh', 'ansible')}`;
    const first = await stage.client.run(command);
    assert.match(first, /changed=6 +unreachable=0 +failed=0/, first);
    await assertShut(stage.wire.client, SERVER, 22, CLIENT);
    await stage.client.write('/root/ansible.cfg', stage.take('ini', 'ansible.cfg'));
    await stage.client.write(
      '/root/.config/bussa/hosts.conf',
      'Host server.example.org\n    Port 22\n    Knock 17259 4861 21317 9534\n',
    );
    const again = await stage.client.run(command);
    assert.match(again, /changed=0 +unreachable=0 +failed=0/, again);
    stage.assertAllRun();
  });
});

/** A real sshd, and a client whose key it knows. */
async function letIn(stage: RecipeFixture): Promise<void> {
  await stage.client.run(
    "mkdir -pm 700 /root/.ssh; ssh-keygen -qt ed25519 -N '' -f /root/.ssh/id_ed25519; echo 'StrictHostKeyChecking accept-new' >/root/.ssh/config",
  );
  const key = await stage.client.run('cat /root/.ssh/id_ed25519.pub');
  await stage.server.write('/root/.ssh/authorized_keys', key);
  const sshd = stage.keep(
    stage.server.start(
      "mkdir -p /run/sshd; ssh-keygen -qA; exec /usr/sbin/sshd -D -e -f /dev/null -o UsePAM=no -o PermitRootLogin=yes -o StrictModes=no -o Subsystem='sftp internal-sftp'",
    ),
  );
  await sshd.saw(/Server listening on :: port 22/);
}
