/**
 * What the kernel tells of a host's rules and addresses may be more than a socket holds (ENOBUFS): then the daemon reads
 * all of it again, and hears what comes afterwards. The daemon is stopped (SIGSTOP) until the kernel has counted drops,
 * so that every run has its overrun.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, knockUntilOpen } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { assertShut } from '../lab/service.ts';
import { CLIENT, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { ControlFixture, SSH_DOOR } from './control-fixture.ts';

type Status = {
  readonly firewall: { readonly kind: string };
  readonly looked: { readonly firewall: string | null; readonly interfaces: string };
};

/** linux/netlink.h: which of the daemon's two sockets. */
const PROTOCOL = { interfaces: 0, rules: 12 } as const;

const MAX_BURSTS = 60;

/** What the kernel could not give to the sockets for events, as proc(5) has it. */
async function dropsOf(server: Namespace, protocol: number): Promise<number> {
  const rows = (await server.run('cat', '/proc/net/netlink')).trim().split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return fields
    .filter(([, family, , groups]) => Number(family) === protocol && !/^0+$/.test(groups ?? ''))
    .reduce((sum, row) => sum + Number(row[8]), 0);
}

let files = 0;

/** Too long for a command line. */
const asFile = ({ directory }: ControlFixture, text: string): string => {
  files += 1;
  return directory.file(`input-${files}`, text);
};

/** A line that is refused, since the address is there already, keeps none of the others back. */
const batch = (stage: ControlFixture, lines: readonly string[]): Promise<number> =>
  stage.server.status('ip', '-force', '-batch', asFile(stage, `${lines.join('\n')}\n`));

const nft = (stage: ControlFixture, text: string): Promise<string> =>
  stage.server.run('nft', '-f', asFile(stage, text));

/** Changes things while the daemon is stopped, until its socket has lost some; then lets it run again. */
async function overrun(
  { server, knockd }: ControlFixture,
  protocols: readonly number[],
  burst: (n: number) => Promise<unknown>,
): Promise<void> {
  knockd.signal('SIGSTOP');
  try {
    for (const protocol of protocols) {
      const before = await dropsOf(server, protocol);
      for (let n = 0; (await dropsOf(server, protocol)) === before; n++) {
        assert.ok(n < MAX_BURSTS, `no overrun of protocol ${protocol} after ${n} bursts`);
        await burst(n);
      }
    }
  } finally {
    knockd.signal('SIGCONT');
  }
}

const chains = (table: string): string =>
  [
    `add table inet ${table}`,
    ...Array.from({ length: 6000 }, (_, n) => `add chain inet ${table} c${n}`),
    '',
  ].join('\n');

/** Every element is a message of its own. */
const elements = (table: string): string =>
  [
    `add table inet ${table}`,
    `add set inet ${table} s { type ipv4_addr; }`,
    `add element inet ${table} s { ${Array.from({ length: 20_000 }, (_, n) => `198.18.${n >> 8}.${n & 255}`).join(', ')} }`,
    '',
  ].join('\n');

const addresses = (verb: 'add' | 'del', count = 5000): string[] =>
  Array.from({ length: count }, (_, n) => `addr ${verb} 198.18.${n >> 8}.${n & 255}/32 dev eth0`);

/** The rules are flushed: they come back, strangers stay out, and status says so. */
async function assertRulesComeBack(stage: ControlFixture): Promise<void> {
  const { server, client, knockd } = stage;
  const back = knockd.count(/missing or changed; restored/g);
  const flushedAt = Date.now();
  await server.run('nft', 'flush ruleset');
  await knockd.saw(/missing or changed; restored/, back + 1);
  assert.match(await server.run('nft', 'list ruleset'), /table inet bussa/);
  await assertShut(client, SERVER, 22, STRANGER);
  const status = await stage.json<Status>('status');
  assert.equal(status.firewall.kind, 'in-place');
  assert.ok(Date.parse(status.looked.firewall ?? '') >= flushedAt - 1000, JSON.stringify(status.looked));
}

/** An address that is added is heard, and so is an interface with its own. */
async function assertNewAddressesAreHeard(
  stage: ControlFixture,
  host: string,
  device: string,
): Promise<void> {
  const { server, client, knockd } = stage;
  const family = host.includes(':') ? '-6' : '-4';
  const [length, via] = family === '-6' ? [128, SERVER6] : [32, SERVER];
  await server.ip(`link add ${device} type veth peer name ${device}p`);
  await server.ip(`addr add ${host}/${length} dev ${device}${family === '-6' ? ' nodad' : ''}`);
  await client.ip(`${family} route replace ${host} via ${via}`);
  await server.ip(`link set ${device}p up`);
  await server.ip(`link set ${device} up`);
  await knockUntilOpen(
    knockd,
    () => client.run(C_KNOCK, family, host, '7000', '8000', '9000'),
    /ssh: (opened tcp\/22|already open)/g,
  );
}

describe('events that the kernel could not hand over', { concurrency: 2 }, () => {
  test('6,000 chains in one load, and the flush afterwards is heard', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    await nft(stage, chains('big'));
    await assertRulesComeBack(stage);
    await overrun(stage, [PROTOCOL.rules], (n) => nft(stage, `${chains(`b${n}`)}${elements(`e${n}`)}`));
    await assertRulesComeBack(stage);
    await assertRulesComeBack(stage);
  });

  test('a flush among the events that were lost is made good', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    const { server, client, knockd } = stage;
    await overrun(stage, [PROTOCOL.rules], (n) =>
      nft(stage, `${elements(`e${n}`)}`).then(() => server.run('nft', 'flush ruleset')),
    );
    await knockd.saw(/missing or changed; restored/);
    await assertShut(client, SERVER, 22, STRANGER);
  });

  test('5,000 addresses in one batch, and an address and an interface afterwards are heard', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    await batch(stage, addresses('add'));
    await assertNewAddressesAreHeard(stage, '10.99.0.1', 'late0');
    await batch(stage, addresses('del'));
    await overrun(stage, [PROTOCOL.interfaces], async () => {
      await batch(stage, addresses('add', 1500));
      await batch(stage, addresses('del', 1500));
    });
    await assertNewAddressesAreHeard(stage, '10.99.0.2', 'late1');
    await assertNewAddressesAreHeard(stage, 'fd99::2', 'late2');
  });

  test('bursts of everything: rules, addresses, links and routes of both families', async (t) => {
    const random = seededRandom(t);
    await using stage = await ControlFixture.create(SSH_DOOR);
    const { server } = stage;
    for (let round = 0; round < 2; round++) {
      await overrun(stage, [PROTOCOL.rules, PROTOCOL.interfaces], async (n) => {
        const name = `r${round}x${n}`;
        if (random() < 0.5) await nft(stage, chains(`${name}c`));
        await nft(stage, elements(name));
        await batch(stage, mix(random));
        if (random() < 0.5) await server.run('nft', 'flush ruleset');
      });
      await assertRulesComeBack(stage);
      await assertNewAddressesAreHeard(stage, round === 0 ? 'fd98::1' : '10.98.0.1', `new${round}`);
    }
    assert.ok(stage.knockd.running);
  });

  test('it checks without an event, and status says when', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    const first = (await stage.json<Status>('status')).looked;
    const text = (await stage.ask('status')).output;
    assert.match(text, /last look +rules .*\d\d:\d\d:\d\d.*, interfaces .*\d\d:\d\d:\d\d/);
    const deadline = performance.now() + 120_000;
    for (;;) {
      const { looked } = await stage.json<Status>('status');
      if (looked.firewall !== first.firewall && looked.interfaces !== first.interfaces) break;
      assert.ok(performance.now() < deadline, `not looked again: ${JSON.stringify({ first, looked })}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    await stage.client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await stage.knockd.saw(new RegExp(`${CLIENT}: ssh: opened tcp/22`));
  });
});

/** A few thousand changes of addresses, links and routes, each undone again. */
function mix(random: () => number): string[] {
  const lines: string[] = [];
  const pick = (n: number): number => Math.floor(random() * n);
  for (let i = 0; i < 1500; i++) {
    const [a, b] = [pick(256), pick(256)];
    const kinds = [
      [`addr add 198.19.${a}.${b}/32 dev eth0`, `addr del 198.19.${a}.${b}/32 dev eth0`],
      [`addr add fd19::${a}:${b}/128 dev eth0 nodad`, `addr del fd19::${a}:${b}/128 dev eth0`],
      [`route add local 198.20.${a}.${b} dev lo`, `route del local 198.20.${a}.${b} dev lo`],
      [`route add local fd20::${a}:${b} dev lo`, `route del local fd20::${a}:${b} dev lo`],
      ['link set lo mtu 60000', 'link set lo mtu 65536'],
    ] as const;
    lines.push(...(kinds[pick(kinds.length)] ?? []));
  }
  if (random() < 0.5) lines.push('link add mix0 type veth peer name mix1', 'link del mix0');
  return lines;
}
