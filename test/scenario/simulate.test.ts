// bussa simulate: what knocks would bring about, and in one sentence why not more.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type SimulateRequest, simulate, type TimelineEntry } from '../../src/app/rehearsal/simulate.ts';
import { UsageError } from '../../src/cli/arguments/read-options.ts';
import { parseKnocks, SIMULATE } from '../../src/cli/bussa/verbs/simulate.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { millis } from '../../src/core/net/time.ts';
import { Scratch } from '../lab/child-module.ts';
import { renderFrame } from '../lab/frame.ts';
import { renderPcap } from '../lab/pcap-file.ts';

const DOOR = `[ssh]
  sequence      = 7312,18423:udp,9534
  seq_timeout   = 5
  tcpflags      = syn
  start_command = open %IP%
  cmd_timeout   = 10
  stop_command  = close %IP%
`;

const address = (text: string): Address => parseAddress(text) as Address;

async function entriesOf(
  config: string,
  traffic: SimulateRequest['traffic'] | ((scratch: Scratch) => SimulateRequest['traffic']),
): Promise<TimelineEntry[]> {
  using scratch = new Scratch();
  const configFile = scratch.file('knockd.conf');
  writeFileSync(configFile, config, { mode: 0o600 });
  const entries: TimelineEntry[] = [];
  const order = { configFile, traffic: typeof traffic === 'function' ? traffic(scratch) : traffic };
  const end = await simulate(order, (entry) => entries.push(entry));
  assert.equal(end.kind, 'done');
  return entries;
}

const knocked = (config: string, knocks: string, gapMs = 100, from = '192.0.2.1', to?: string) =>
  entriesOf(config, {
    kind: 'knocks',
    steps: parseKnocks(knocks),
    from: address(from),
    ...(to === undefined ? {} : { to: address(to) }),
    gap: millis(gapMs),
  });

function verdictsOf(entries: readonly TimelineEntry[]): string[] {
  return entries.flatMap((entry) =>
    entry.kind === 'verdict'
      ? [`${entry.door ?? '-'} ${entry.opened ? 'opened' : 'shut'}: ${entry.why}`]
      : [],
  );
}

const GOOD = '7312 18423:udp 9534';

describe('bussa simulate', () => {
  test('a right sequence: stages, the command, and its end, each at its time', async () => {
    const entries = await knocked(DOOR, GOOD);
    const told = entries.flatMap((entry) =>
      entry.kind === 'outcome' && entry.outcome.kind !== 'event'
        ? [[entry.at, entry.outcome.kind, 'command' in entry.outcome ? entry.outcome.command : '']]
        : [],
    );
    assert.deepEqual(told, [
      [200, 'would-run', 'open 192.0.2.1'],
      [10_200, 'would-run', 'close 192.0.2.1'],
    ]);
    assert.deepEqual(verdictsOf(entries), [
      'ssh opened: the door was opened at 0.200 s, and closed at 10.200 s',
    ]);
    assert.deepEqual(entries.at(-1), { kind: 'end', packets: 3, knocks: 3, openings: 1 });
  });

  const whys: readonly (readonly [
    name: string,
    config: string,
    knocks: string,
    gapMs: number,
    why: string,
  ])[] = [
    [
      'another port of the door',
      DOOR,
      '7312 9534',
      100,
      'the second knock hit tcp/9534 instead of udp/18423',
    ],
    [
      'a port of no door',
      DOOR,
      '7312 18423:udp 4000',
      100,
      'the third knock hit tcp/4000 instead of tcp/9534',
    ],
    [
      'the wrong protocol',
      DOOR,
      '7312 18423 9534',
      100,
      'the second knock hit tcp/9534 instead of udp/18423',
    ],
    ['too slow', DOOR, GOOD, 3100, 'the sequence took 6.2 s, but its limit is 5 s'],
    [
      'not finished',
      DOOR,
      '7312 18423:udp',
      100,
      'the third knock, tcp/9534, did not arrive within 5 s of the first',
    ],
    [
      'after two tripwires',
      DOOR,
      `7313 9535 ${GOOD}`,
      100,
      'the sequence was right, but a decoy port was touched (tcp/9535 at 0.100 s); in penalty: knock the sequence twice in a row, without any other packet',
    ],
    [
      'flags that no client sends',
      DOOR.replace('= syn', '= fin'),
      GOOD,
      100,
      'tcp/9534 at 0.200 s has the wrong flags: syn, but tcpflags requires fin',
    ],
    [
      'an address that may not knock',
      `${DOOR}  deny = 192.0.2.0/24\n`,
      GOOD,
      100,
      "the sequence was right, but 192.0.2.1 is in the door's deny",
    ],
  ];
  for (const [name, config, knocks, gapMs, why] of whys) {
    test(`why not: ${name}`, async () => {
      assert.deepEqual(verdictsOf(await knocked(config, knocks, gapMs)), [`ssh shut: ${why}`]);
    });
  }

  test('two tripwires do not matter without the guard, nor if the sequence comes twice', async () => {
    const off = `[options]\nscan_guard = off\n${DOOR}`;
    for (const [config, knocks] of [
      [off, `7313 9535 ${GOOD}`],
      [DOOR, `7313 9535 ${GOOD} ${GOOD}`],
    ] as const) {
      assert.match(verdictsOf(await knocked(config, knocks)).join(), /^ssh opened: /, config);
    }
  });

  test('a target is met with --to, IPv6 runs its own command', async () => {
    const target = `${DOOR}  target = 198.51.100.7\n`;
    assert.deepEqual(verdictsOf(await knocked(target, GOOD)), [
      '- shut: tcp/9534 at 0.200 s was sent to an address for which no door has this port',
    ]);
    assert.match(
      verdictsOf(await knocked(target, GOOD, 100, '192.0.2.1', '198.51.100.7')).join(),
      /^ssh opened/,
    );
    const six = await knocked(`${DOOR}  start_command_6 = six %IP%\n`, GOOD, 100, '2001:db8::5');
    const commands = six.flatMap((entry) =>
      entry.kind === 'outcome' && entry.outcome.kind === 'would-run' ? [entry.outcome.command] : [],
    );
    assert.deepEqual(commands, ['six 2001:db8::5', 'close 2001:db8::5']);
  });

  test('no door at all', async () => {
    assert.deepEqual(verdictsOf(await knocked(DOOR, '1 2')), [
      '- shut: none of these ports is a knock of a door',
    ]);
  });

  test('a capture: retransmissions are told, and each source has its verdict', async () => {
    const macs = { source: '02:00:00:00:00:02', destination: '02:00:00:00:00:01' };
    const knocks = [
      ['198.51.100.1', 7312, 'tcp', 1],
      ['198.51.100.1', 7312, 'tcp', 1],
      ['198.51.100.2', 7312, 'tcp', 2],
      ['198.51.100.1', 18_423, 'udp', 3],
      ['198.51.100.1', 9534, 'tcp', 4],
      ['198.51.100.2', 9534, 'tcp', 5],
    ] as const;
    const entries = await entriesOf(DOOR, (scratch) => {
      const file = scratch.file('file.pcap');
      const frames = knocks.map(([source, port, protocol, sequence], i) => ({
        atSeconds: 1_700_000_000 + i / 10,
        frame: renderFrame(
          {
            source: address(source),
            destination: address('198.51.100.9'),
            ...{ protocol, port, sequence, sourcePort: 40_000 + sequence, flags: 2 },
          },
          macs,
        ),
      }));
      writeFileSync(file, renderPcap(frames));
      return { kind: 'capture', file };
    });
    assert.deepEqual(verdictsOf(entries), [
      'ssh opened: the door was opened at 2023-11-14T22:13:20.400Z, and closed at 2023-11-14T22:13:30.400Z',
      'ssh shut: the second knock hit tcp/9534 instead of udp/18423',
    ]);
    assert.equal(entries.filter((one) => one.kind === 'packet' && one.became === 'retransmission').length, 1);
  });

  test('what is no order is a usage error', () => {
    for (const values of [
      {},
      { knock: '1', pcap: 'x' },
      { knock: '' },
      { knock: '7000:icmp' },
      { knock: '70000' },
      { knock: '7000', from: 'nobody' },
      { knock: '7000', from: '192.0.2.1', to: '::1' },
      { knock: '7000', gap: '3' },
      { pcap: 'x', from: '192.0.2.1' },
    ]) {
      const given = { values: new Map(Object.entries(values)), operands: ['x'] };
      assert.throws(() => SIMULATE.read(given, {}), UsageError, JSON.stringify(values));
    }
  });
});
