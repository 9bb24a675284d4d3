import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { replay } from '../../src/app/rehearsal/replay.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import type { Protocol } from '../../src/core/net/protocol.ts';
import { Scratch } from '../lab/child-module.ts';
import { renderFrame } from '../lab/frame.ts';
import { renderPcap } from '../lab/pcap-file.ts';

const MACS = { source: '02:00:00:00:00:02', destination: '02:00:00:00:00:01' };
const SYN = 2;
/** 2023-11-14T22:13:20Z */
const START = 1_700_000_000;

type Knock = readonly [atSeconds: number, source: string, port: number, protocol?: Protocol, flags?: number];

let sequence = 0;

function pcap(knocks: readonly Knock[]): Buffer {
  return renderPcap(
    knocks.map(([at, source, port, protocol = 'tcp', flags = SYN]) => ({
      atSeconds: START + at,
      frame: renderFrame(
        {
          source: parseAddress(source) as Address,
          destination: parseAddress(source.includes(':') ? 'fd00::1' : '198.51.100.1') as Address,
          protocol,
          sourcePort: 40_000 + (++sequence % 20_000),
          port,
          flags,
          sequence,
        },
        MACS,
      ),
    })),
  );
}

type Said = { readonly status: number; readonly printed: string[]; readonly complained: string[] };

async function run(config: string, capture: Uint8Array | undefined, ipv6 = true): Promise<Said> {
  using scratch = new Scratch();
  const [configFile, file] = [scratch.file('knockd.conf'), scratch.file('file.pcap')];
  writeFileSync(configFile, config.replaceAll('DIRECTORY', scratch.path));
  writeFileSync(scratch.file('sequences'), '7000,8000\n9000\n');
  if (capture !== undefined) writeFileSync(file, capture);
  const [printed, complained]: [string[], string[]] = [[], []];
  const plain = (line: string): string => line.replaceAll(scratch.path, 'DIRECTORY');
  const status = await replay(
    { capture: file, configFile, ipv6 },
    (line) => printed.push(plain(line)),
    (line) => complained.push(plain(line)),
  );
  assert.equal(
    readFileSync(scratch.file('sequences'), 'utf8'),
    '7000,8000\n9000\n',
    'a replay uses up nothing',
  );
  return { status, printed, complained };
}

const DOOR = `[ssh]
  sequence      = 7000,8000:udp,9000
  seq_timeout   = 5
  tcpflags      = syn
  start_command = open %IP%
  cmd_timeout   = 10
  stop_command  = close %IP%
`;

const knockAt = (at: number, source: string): Knock[] => [
  [at, source, 7000],
  [at + 0.25, source, 8000, 'udp'],
  [at + 0.5, source, 9000],
];

describe('a replay', () => {
  test('stages, the opening, and the close by the clock of the file, also after its end', async () => {
    const { status, printed, complained } = await run(
      DOOR,
      pcap([...knockAt(0, '192.0.2.7'), [60, '192.0.2.9', 80]]),
    );
    assert.deepEqual(printed, [
      '[2023-11-14T22:13:20.000Z] 192.0.2.7: ssh: Stage 1',
      '[2023-11-14T22:13:20.250Z] 192.0.2.7: ssh: Stage 2',
      '[2023-11-14T22:13:20.500Z] 192.0.2.7: ssh: Stage 3',
      '[2023-11-14T22:13:20.500Z] 192.0.2.7: ssh: OPEN SESAME',
      '[2023-11-14T22:13:20.500Z] ssh: would run: open 192.0.2.7',
      '[2023-11-14T22:13:30.500Z] 192.0.2.7: ssh: command timeout',
      '[2023-11-14T22:13:30.500Z] ssh: would run: close 192.0.2.7',
      '4 packets, 3 of them knocks, 1 openings',
    ]);
    assert.deepEqual([status, complained], [0, []]);
  });

  test('two sources at once, IPv4 and IPv6, are independent; -4 leaves the second out', async () => {
    const file = pcap([...knockAt(0, '192.0.2.7'), ...knockAt(0, '2001:db8::7')].sort((a, b) => a[0] - b[0]));
    const openings = ({ printed }: Said): string[] => printed.filter((line) => line.includes('OPEN SESAME'));
    assert.deepEqual(openings(await run(DOOR, file)), [
      '[2023-11-14T22:13:20.500Z] 192.0.2.7: ssh: OPEN SESAME',
      '[2023-11-14T22:13:20.500Z] 2001:db8::7: ssh: OPEN SESAME',
    ]);
    assert.equal(openings(await run(DOOR, file, false)).length, 1);
  });

  test('a knock while it is open makes it longer, and after the close it opens again', async () => {
    const file = pcap([...knockAt(0, '192.0.2.7'), ...knockAt(5, '192.0.2.7'), ...knockAt(20, '192.0.2.7')]);
    const { printed } = await run(DOOR, file);
    assert.deepEqual(
      printed.filter((line) => !line.includes('Stage') && !line.includes('SESAME')),
      [
        '[2023-11-14T22:13:20.500Z] ssh: would run: open 192.0.2.7',
        '[2023-11-14T22:13:25.500Z] 192.0.2.7: ssh: already open; stays open for 10 s from now',
        '[2023-11-14T22:13:35.500Z] 192.0.2.7: ssh: command timeout',
        '[2023-11-14T22:13:35.500Z] ssh: would run: close 192.0.2.7',
        '[2023-11-14T22:13:40.500Z] ssh: would run: open 192.0.2.7',
        '[2023-11-14T22:13:50.500Z] 192.0.2.7: ssh: command timeout',
        '[2023-11-14T22:13:50.500Z] ssh: would run: close 192.0.2.7',
        '9 packets, 9 of them knocks, 2 openings',
      ],
    );
  });

  test('a firewall door: its ports, before its command; who may not knock, one too many, and a longer opening', async () => {
    const config = `[ssh]
  sequence    = 7000,8000:udp,9000
  tcpflags    = syn
  open        = tcp/22, udp/60000-61000
  open_for    = 10
  deny        = 192.0.2.8
  max_leases  = 1
  command     = greet %IP%
  single_use  = yes
  hold        = yes
`;
    const sources = ['192.0.2.7', '192.0.2.8', '192.0.2.9', '192.0.2.7'];
    const { printed } = await run(config, pcap(sources.flatMap((source, i) => knockAt(i, source))));
    assert.deepEqual(
      printed.filter((line) => !line.includes('Stage') && !line.includes('SESAME')),
      [
        '[2023-11-14T22:13:20.500Z] 192.0.2.7: ssh: would open tcp/22, udp/60000-61000 for 10 s, for one connection',
        '[2023-11-14T22:13:20.500Z] ssh: would run: greet 192.0.2.7',
        '[2023-11-14T22:13:21.500Z] 192.0.2.8: ssh: not opened: the door does not allow this address',
        '[2023-11-14T22:13:22.500Z] 192.0.2.9: ssh: not opened: the lease limit is reached',
        '[2023-11-14T22:13:23.500Z] 192.0.2.7: ssh: already open; stays open for 10 s from now',
        '[2023-11-14T22:13:33.500Z] 192.0.2.7: ssh: would close tcp/22, udp/60000-61000, unless a connection made through it lives',
        '12 packets, 12 of them knocks, 1 openings',
      ],
    );
  });

  test('a cooldown by the clock of the file', async () => {
    const config = '[a]\nsequence = 7000,8000:udp,9000\ncommand = greet\ncooldown = 10s\n';
    const file = pcap([0, 5, 10, 12].flatMap((at) => knockAt(at, '192.0.2.7')));
    assert.deepEqual(
      (await run(config, file)).printed.filter((line) => /run|cooldown|openings/.test(line)),
      [
        '[2023-11-14T22:13:20.500Z] a: would run: greet',
        '[2023-11-14T22:13:25.500Z] 192.0.2.7: a: not opened: its cooldown is not over',
        '[2023-11-14T22:13:30.500Z] a: would run: greet',
        '[2023-11-14T22:13:32.500Z] 192.0.2.7: a: not opened: its cooldown is not over',
        '12 packets, 12 of them knocks, 2 openings',
      ],
    );
  });

  test('too late by a millisecond, in time by none; a wrong knock', async () => {
    const late = pcap([
      [0, '192.0.2.1', 7000],
      [1, '192.0.2.1', 8000, 'udp'],
      [5.001, '192.0.2.1', 9000],
    ]);
    assert.doesNotMatch((await run(DOOR, late)).printed.join('\n'), /SESAME/);
    assert.match(
      (await run(DOOR, late)).printed.join('\n'),
      /192\.0\.2\.1: ssh: sequence timeout \(stage 2\)/,
    );
    const timely = pcap([
      [0, '192.0.2.1', 7000],
      [1, '192.0.2.1', 8000, 'udp'],
      [5, '192.0.2.1', 9000],
    ]);
    assert.match((await run(DOOR, timely)).printed.join('\n'), /SESAME/);
    const wrong = pcap([
      [0, '192.0.2.1', 7000],
      [1, '192.0.2.1', 9000],
      [2, '192.0.2.1', 8000, 'udp'],
    ]);
    assert.match((await run(DOOR, wrong)).printed.join('\n'), /192\.0\.2\.1: ssh: wrong knock \(stage 1\)/);
  });

  test('a door without a close opens every time', async () => {
    const config = '[door]\n  sequence = 7000\n  command = hello %IP%\n';
    const { printed } = await run(
      config,
      pcap([
        [0, '192.0.2.7', 7000],
        [1, '192.0.2.7', 7000],
      ]),
    );
    assert.equal(printed.filter((line) => line.endsWith('would run: hello 192.0.2.7')).length, 2);
    assert.equal(printed.at(-1), '2 packets, 2 of them knocks, 2 openings');
  });

  test('one-time sequences are read, and none is used up', async () => {
    const config = '[door]\n  one_time_sequences = DIRECTORY/sequences\n  command = hello\n';
    const { printed } = await run(
      config,
      pcap([
        [0, '192.0.2.7', 7000],
        [1, '192.0.2.7', 8000],
      ]),
    );
    assert.match(printed.join('\n'), /door: OPEN SESAME/);
  });

  test('a configuration with mistakes: all of them, 78, and nothing is printed', async () => {
    const { status, printed, complained } = await run('[a]\n  sequence = abc\n  colour = red\n', pcap([]));
    assert.deepEqual([status, printed], [78, []]);
    assert.deepEqual(
      complained.map((line) => /knockd\.conf:(\d+)/.exec(line)?.[1]),
      ['2', '3'],
    );
  });

  test('a file that is not there, or is no capture: 1, and which', async () => {
    for (const [capture, reason] of [
      [undefined, /^knockd: .*file\.pcap/],
      [Buffer.from('no capture at all, this'), /^knockd: .*file\.pcap/],
    ] as const) {
      const { status, complained } = await run(DOOR, capture);
      assert.equal(status, 1);
      assert.equal(complained.length, 1);
      assert.match(complained[0] ?? '', reason);
    }
  });

  test('a file that is cut off: what stands before the damage counts, and 1 with the place', async () => {
    const whole = pcap([...knockAt(0, '192.0.2.7'), [60, '192.0.2.9', 80]]);
    const { status, printed, complained } = await run(DOOR, whole.subarray(0, -10));
    assert.equal(status, 1);
    assert.match(complained.join(), /^knockd: DIRECTORY\/file\.pcap is damaged at byte \d+: .+$/);
    assert.match(printed.join('\n'), /OPEN SESAME/);
    assert.equal(printed.at(-1), '3 packets, 3 of them knocks, 1 openings');
  });

  test('a file without packets', async () => {
    assert.deepEqual(await run(DOOR, pcap([])), {
      status: 0,
      printed: ['0 packets, 0 of them knocks, 0 openings'],
      complained: [],
    });
  });
});
