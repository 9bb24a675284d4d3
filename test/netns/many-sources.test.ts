/**
 * 1,000 sources complete a door's sequence within a second: each has one lease, and each lease ends.
 *
 *     client                                       server
 *     eth0  tcpreplay: SYNs to the door's    ────  eth0 10.7.0.1, knockd
 *           three ports from 1,000 sources
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { doorSet } from '../../src/core/iptables/part-names.ts';
import { setName } from '../../src/core/nft/set-name.ts';
import { fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { manyKnocks, sourcesOf } from '../lab/many-knocks.ts';
import type { Namespace } from '../lab/namespace.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';

const SOURCES = 1000;
const DOOR = 'ssh';

const config = (options: string): string => `[options]
${options}
[${DOOR}]
  sequence = 7000,8000,9000
  tcpflags = syn
  open     = tcp/22
  open_for = 8
`;

const HOSTS: readonly {
  readonly name: string;
  readonly options: string;
  readonly arrange: (server: Namespace) => Promise<void>;
  /** The addresses that the kernel lets in now, as it lists them. */
  readonly members: (server: Namespace) => Promise<string[]>;
}[] = [
  {
    name: 'nftables, a table of its own',
    options: '  firewall = nftables',
    arrange: async () => undefined,
    members: async (server) =>
      addressesIn(
        /elements = \{([^}]*)/.exec(
          await server.run('nft', 'list', 'set', 'inet', 'bussa', setName('d_', DOOR, 4)),
        )?.[1] ?? '',
      ),
  },
  {
    name: 'iptables with ipset',
    options: '  firewall = iptables',
    arrange: shutFirewall,
    members: async (server) =>
      addressesIn((await server.run('ipset', 'list', doorSet(DOOR, 4))).split('Members:')[1] ?? ''),
  },
];

describe('1,000 sources at once', { concurrency: 2 }, () => {
  for (const { name, options, arrange, members } of HOSTS) {
    test(`${name}: 1,000 leases, none twice, and all of them end`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const { client, server } = wire;
      await arrange(server);
      const rules = (): Promise<string> => server.run('nft', '-s', 'list', 'ruleset');
      const before = await rules();
      await using knockd = await startKnockd(server, directory, config(options));
      const pcap = directory.file('knocks.pcap');
      writeFileSync(pcap, await manyKnocks(wire, SOURCES, [7000, 8000, 9000], 'in turns'));

      const replay = await client.run('tcpreplay', '--preload-pcap', '--pps=4000', '-i', 'eth0', pcap);
      assert.match(replay, new RegExp(`Actual: ${3 * SOURCES} packets`));
      await knockd.saw(/: ssh: opened tcp\/22 for \d+ s/, SOURCES);
      const expected = sourcesOf(SOURCES).sort();
      assert.deepEqual((await members(server)).sort(), expected, 'in the kernel, each of them once');
      await fence(knockd, client, SERVER);

      await knockd.saw(/: ssh: closed tcp\/22/, SOURCES);
      assert.deepEqual(await members(server), []);
      for (const line of ['OPEN SESAME', 'opened tcp/22', 'closed tcp/22']) {
        const told = [...knockd.output.matchAll(new RegExp(`^(\\S+): ssh: ${line}`, 'gm'))].map(
          ([, source]) => source,
        );
        assert.deepEqual(told.sort(), expected, `each of them once: ${line}`);
      }
      assert.doesNotMatch(knockd.output, /already open|not opened|not closed|cannot (?!reach, judged)/);
      assert.equal((await knockd.stop()).code, 0);
      assert.equal(await rules(), before, 'no rule is left over');

      await using again = await startKnockd(server, directory, config(options));
      assert.equal((await again.stop()).code, 0);
      assert.doesNotMatch(again.output, /left open/, 'no lease is left over');
    });
  }
});

function addressesIn(text: string): string[] {
  return text.match(/\b10\.\d+\.\d+\.\d+\b/g) ?? [];
}
