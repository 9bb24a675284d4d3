/** What `bussa check` reads of the host: its interfaces, directories and the rules of iptables, each as it is now. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import { BUSSA } from './up-fixture.ts';

const TOOLS = ['iptables', 'ip6tables', 'iptables-legacy'] as const;

describe('bussa check on this host', { concurrency: 2 }, () => {
  for (const tool of TOOLS) {
    test(`${tool}: what is appended behind a rule that drops all is never reached, and nothing is changed`, async () => {
      await using namespace = await Namespace.create();
      using directory = new WorkDirectory();
      const rule = 'INPUT -s %IP% -p tcp --dport 22 -j ACCEPT';
      const file = directory.file(
        'knockd.conf',
        `[a]\nsequence = 7312,18423,9534\ntcpflags = syn\nstart_command = ${tool} -A ${rule}\n`,
      );
      const check = async (): Promise<string> => namespace.run(BUSSA, 'check', file);
      const before = await namespace.run('nft', 'list', 'ruleset');
      assert.doesNotMatch(await check(), /never reached/);
      assert.equal(await namespace.run('nft', 'list', 'ruleset'), before);
      await namespace.run(tool, '-A', 'INPUT', '-i', 'lo', '-j', 'ACCEPT');
      await namespace.run(tool, '-A', 'INPUT', '-p', 'udp', '-j', 'DROP');
      await namespace.run(tool, '-P', 'INPUT', 'DROP');
      assert.doesNotMatch(await check(), /never reached/, 'a policy is behind all rules');
      await namespace.run(tool, '-A', 'INPUT', '-j', 'REJECT');
      assert.match(
        await check(),
        /knockd\.conf:4:17: warning: a rule at the end of INPUT is never reached, because "-A INPUT -j REJECT.*" comes before it: insert it with -I/,
      );
    });
  }

  test('an interface that is not there, and one that comes', async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const log = directory.file('logs/knockd.log');
    const text = `[options]\ninterface = br7\nlogfile = ${log}\n[a]\nsequence = 7312:udp,18423:udp,9534:udp\n`;
    const file = directory.file('knockd.conf', text);
    const first = await namespace.run(BUSSA, 'check', file);
    assert.match(first, /:2:13: warning: this host has no interface "br7" now/);
    assert.match(first, /:3:11: warning: the directory of this file does not exist.*: mkdir -p \S+\/logs$/m);
    await namespace.ip('link add br7 type bridge');
    await namespace.run('mkdir', directory.file('logs'));
    assert.doesNotMatch(await namespace.run(BUSSA, 'check', file), /no interface|no-directory|mkdir/);
  });
});
