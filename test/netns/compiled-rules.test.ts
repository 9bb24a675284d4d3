/**
 * The ruleset that `bussa compile` prints, in a kernel without any program of Bussa: what it opens is judged by the
 * daemon's own engine, with generated knocks of many sources.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { parseConfig, simulate } from '../../src/app/library.ts';
import type { Protocol } from '../../src/core/net/protocol.ts';
import { repeats } from '../lab/effort.ts';
import { BUSSA, C_KNOCK, WorkDirectory } from '../lab/knockd.ts';
import { draw, seededRandom } from '../lab/seeded-random.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER, Wire } from '../lab/wire.ts';
import { frame, type Sender, send, senderOf } from './raw-frames.ts';

const SCENARIOS = repeats('BUSSA_COMPILED', { quick: 70, full: 3000 });

const FLOODS = repeats('BUSSA_FLOODS', { quick: 3, full: 20 });

/** No knock port lies at a memorable port, which the ruleset does not watch. */
const CONFIG = `[options]
	scan_ignore = tcp/7233
[ssh]
	sequence = 7217,8219:udp,9231,7217
	seq_timeout = 60
	tcpflags = syn
	open = tcp/22
	open_for = 300
[web]
	sequence = 8219:udp,9231
	seq_timeout = 60
	tcpflags = syn
	open = tcp/8080-8090, udp/53
	open_for = 300
[single]
	sequence = 6421
	seq_timeout = 60
	tcpflags = syn
	open = tcp/443
	open_for = 300
	deny = 10.66.7.0/24
`;

type Knock = { readonly port: number; readonly protocol: Protocol };

const tcp = (port: number): Knock => ({ port, protocol: 'tcp' });
const udp = (port: number): Knock => ({ port, protocol: 'udp' });

/** Right knocks, wrong ones, knocks by the wrong protocol, decoy ports at both sides, and a port that `scan_ignore` exempts. */
const WORDS: readonly [Knock, ...Knock[]] = [
  ...[tcp(7217), tcp(7217), udp(8219), udp(8219), tcp(9231), tcp(9231), tcp(6421)],
  ...[tcp(8219), udp(7217), tcp(7218), tcp(9230), udp(8220), tcp(7233)],
] as [Knock, ...Knock[]];

const SEQUENCES: readonly [readonly Knock[], ...(readonly Knock[])[]] = [
  [tcp(7217), udp(8219), tcp(9231), tcp(7217)],
  [udp(8219), tcp(9231)],
];

/** Pieces of sequences, with strays between them. */
function drawKnocks(random: () => number): Knock[] {
  const pieces = Array.from({ length: 1 + Math.floor(random() * 5) }, (): readonly Knock[] => {
    const sequence = draw(random, SEQUENCES);
    if (random() < 0.5) return sequence;
    if (random() < 0.5) return sequence.slice(0, Math.floor(random() * sequence.length));
    return [draw(random, WORDS)];
  });
  const knocks = pieces.flat();
  return knocks.length === 0 ? [draw(random, WORDS)] : knocks;
}

async function compiled(directory: WorkDirectory, wire: Wire, config: string): Promise<void> {
  const rules = directory.file('rules.nft');
  const [bussa = '', ...words] = BUSSA;
  await wire.server.run(
    bussa,
    ...words,
    'compile',
    '--to',
    'nftables',
    '-o',
    rules,
    directory.file('knockd.conf', config),
  );
  await wire.server.run('nft', '-f', rules);
}

/** The doors that are open for each source, as the kernel's sets say. */
async function openDoors(wire: Wire): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const listed = JSON.parse(await wire.server.run('nft', '-j', 'list', 'table', 'inet', 'bussa_knocks')) as {
    nftables: { set?: { name: string; elem?: { elem: { val: string } }[] } }[];
  };
  for (const { set } of listed.nftables) {
    const door = /^open_(\w+)_[46]$/.exec(set?.name ?? '')?.[1];
    for (const { elem } of door === undefined ? [] : (set?.elem ?? []))
      found.set(elem.val, [...(found.get(elem.val) ?? []), String(door)].sort());
  }
  return found;
}

async function judged(knocks: readonly Knock[], from: string): Promise<string[]> {
  const parsed = parseConfig(CONFIG);
  assert.ok(parsed.kind === 'ok');
  const traffic = { knocks: knocks.map(({ port, protocol }) => `${port}:${protocol}`), from, gapMs: 10 };
  const opened = new Set<string>();
  await simulate(parsed.config, traffic, (entry) => {
    if (entry.kind === 'outcome' && entry.outcome.kind === 'would-open') opened.add(entry.outcome.door);
  });
  return [...opened].sort();
}

async function compareWithEngine(t: TestContext, family: 4 | 6): Promise<void> {
  await using wire = await Wire.create();
  using directory = new WorkDirectory();
  await compiled(directory, wire, CONFIG);
  const sender = await senderOf(wire, 'eth0');
  const random = seededRandom(t, family);
  const scenarios = Array.from({ length: SCENARIOS }, (_, number) => {
    const [high, low] = [number >> 7, 1 + (number & 127)];
    return {
      source: family === 4 ? `10.66.${high}.${low}` : `fd66:${high}::${low}`,
      knocks: drawKnocks(random),
    };
  });
  const destination = family === 4 ? SERVER : SERVER6;
  const frames = scenarios.flatMap(({ source, knocks }) =>
    knocks.map(({ port, protocol }) => frame(sender, protocol, source, destination, port)),
  );
  await send(sender, directory, frames);
  const open = await openDoors(wire);
  let opened = 0;
  for (const { source, knocks } of scenarios) {
    const expected = await judged(knocks, source);
    opened += expected.length;
    const words = knocks.map(({ port, protocol }) => `${port}:${protocol}`).join(' ');
    assert.deepEqual(
      open.get(source.replace(/^fd66:0::/, 'fd66::')) ?? [],
      expected,
      `${source} knocked ${words}`,
    );
  }
  assert.ok(opened > SCENARIOS / 10 && opened < SCENARIOS * 2, `${opened} doors opened`);
}

describe('a compiled ruleset', { concurrency: 2 }, () => {
  test('IPv4: it opens what the daemon opens', (t) => compareWithEngine(t, 4));
  test('IPv6: it opens what the daemon opens', (t) => compareWithEngine(t, 6));

  test('the port is closed to all, and open to the address that knocked', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using _service = await startService(wire.server, 22);
    await compiled(directory, wire, CONFIG);
    for (const [host, from, ...options] of [
      [SERVER, CLIENT],
      [SERVER6, CLIENT6, '-6'],
    ] as const) {
      await assertShut(wire.client, host, 22, from);
      await wire.client.run(C_KNOCK, ...options, '-d', '20', host, '7217', '8219:udp', '9231', '7217');
      await assertOpen(wire.client, host, 22, from);
    }
    await assertShut(wire.client, SERVER, 22, STRANGER);
  });

  test('at the sender’s full speed, ten of ten knocks open', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await compiled(directory, wire, CONFIG);
    const sender = await senderOf(wire, 'eth0');
    const flood = floodOf(sender, directory);
    const honest = Array.from({ length: 10 }, (_, number) => `10.66.8.${number + 1}`);
    for (const source of honest)
      for (const { port, protocol } of SEQUENCES[0])
        await send(sender, directory, [frame(sender, protocol, source, SERVER, port)]);
    await flood;
    const open = await openDoors(wire);
    assert.deepEqual(
      honest.map((source) => open.get(source)),
      honest.map(() => ['ssh']),
    );
  });
});

/** SYNs to the first knock port from 65,536 sources, several times over: the sets are full after the first time. */
function floodOf(sender: Sender, directory: WorkDirectory): Promise<void> {
  const sources = Array.from({ length: 65_536 }, (_, n) => `198.18.${n >> 8}.${n & 255}`);
  return send(
    sender,
    directory,
    sources.map((source) => frame(sender, 'tcp', source, SERVER, 7217)),
    FLOODS,
  );
}
