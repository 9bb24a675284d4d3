/**
 * The judge beside the kernel on the rules of programs that hosts have, as they write them on Debian 12 (ufw 0.36.2,
 * firewalld 1.3.3, Shorewall 5.2.8, Docker 20.10, kube-proxy 1.27): never wrong, never without a verdict.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { Namespace } from '../lab/namespace.ts';
import { JudgeFixture, wrongness } from './judge-fixture.ts';
import type { RuleLoad } from './judge-host.ts';
import { BAN_ACTIONS, rulesOfFail2ban } from './real-fail2ban.ts';

const DIRECTORY = new URL('rulesets/', import.meta.url).pathname;
const PORTS = [
  ...[22, 2222, 80].map((port) => ({ protocol: 'tcp' as const, port })),
  ...[53, 68].map((port) => ({ protocol: 'udp' as const, port })),
];
/** Of DHCP, which ufw lets in from anywhere. */
const SOURCE_PORTS = [67];

const NAMES = [
  ...new Set(globSync(`${DIRECTORY}*`).map((file) => basename(file).replace(/\.[^.]*$/, ''))),
].sort();

function loadsOf(name: string): RuleLoad[] {
  const read = (extension: string): string | undefined => {
    const file = `${DIRECTORY}${name}.${extension}`;
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const [nft, v4, v6] = ['nft', 'v4', 'v6'].map(read);
  if (nft !== undefined) return [{ nft }];
  return ['nft', 'legacy'].map((backend) => ({
    restore: {
      ...(v4 === undefined ? {} : { [`iptables-${backend}-restore`]: v4 }),
      ...(v6 === undefined ? {} : { [`ip6tables-${backend}-restore`]: v6 }),
    },
  }));
}

test('the rules of ufw, firewalld, Shorewall, Docker and kube-proxy: always a verdict, and the right one', async () => {
  assert.ok(NAMES.length >= 10, NAMES.join(' '));
  await using stage = await JudgeFixture.create();
  for (const name of NAMES) {
    for (const load of loadsOf(name)) {
      for (const difference of await stage.compare(load, PORTS, SOURCE_PORTS)) {
        const { judged } = difference;
        const what = `${name}: ${judged.protocol}/${judged.port} over IPv${judged.family}`;
        assert.notEqual(judged.kind, 'depends', `${what}: ${judged.why}`);
        assert.equal(wrongness(difference), undefined, name);
      }
    }
  }
});

test('what fail2ban writes by itself, with each of its actions: always a verdict, and the right one', async () => {
  await using stage = await JudgeFixture.create();
  await using source = await Namespace.create();
  for (const action of BAN_ACTIONS) {
    const load = await rulesOfFail2ban(source, action);
    assert.match(JSON.stringify(load), /198\.51\.100\.77/, action);
    for (const difference of await stage.compare(load, PORTS, SOURCE_PORTS)) {
      const { judged } = difference;
      const what = `${action}: ${judged.protocol}/${judged.port} over IPv${judged.family}`;
      assert.notEqual(judged.kind, 'depends', `${what}: ${judged.why}`);
      assert.equal(wrongness(difference), undefined, what);
    }
    await source.run('sh', '-c', 'nft flush ruleset; ipset destroy');
  }
});
