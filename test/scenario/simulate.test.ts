// bussa simulate: what knocks would bring about, and in one sentence why not more.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { replay } from '../../src/app/rehearsal/replay.ts';
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

  test('two decoy ports do not matter without the guard, nor if the sequence comes twice', async () => {
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

  test('a capture: retransmissions are shown, and each source has its verdict', async () => {
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

describe('bussa simulate and codes', () => {
  const SECRET = 'KIVSO2RVNPPTSAJ57K7KFTKD4FA6ZSPI';
  const NOW = 1_800_000_010;
  const codeAt = (seconds: number): string =>
    execFileSync('oathtool', ['--totp', '--base32', SECRET, '--now', `@${seconds}`], { encoding: 'utf8' });
  const portsOf = (code: string): number[] => [
    17_000 + Number(code.slice(0, 3)),
    23_000 + Number(code.slice(3, 6)),
  ];
  const config = (scratch: Scratch, more = ''): string => {
    const users = scratch.file('users.conf');
    writeFileSync(users, `[alice]\n  code = ${SECRET}\n`, { mode: 0o600 });
    return `[options]\n  Users_File = ${users}\n[ssh]\n  accept = code\n  code_ports = 17, 23\n  open = tcp/22\n${more}`;
  };
  const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
  type Knocked = readonly [at: number, source: string, ports: readonly number[]];

  /** The packets of one are a second apart. */
  const framesOf = (knocks: readonly Knocked[]) =>
    knocks.flatMap(([at, source, ports]) =>
      ports.map((port, i) => ({
        atSeconds: at + i,
        frame: renderFrame(
          {
            ...{ source: address(source), destination: address('192.0.2.9'), port, flags: 2 },
            ...{ protocol: 'tcp', sourcePort: 40_000 + i, sequence: at + i },
          },
          MACS,
        ),
      })),
    );

  async function verdicts(knocks: readonly Knocked[], more = ''): Promise<string[]> {
    using scratch = new Scratch();
    const entries = await entriesOf(config(scratch, more), (own) => {
      const file = own.file('codes.pcap');
      writeFileSync(file, renderPcap(framesOf(knocks)));
      return { kind: 'capture', file };
    });
    return verdictsOf(entries);
  }

  const MALLORY = '198.51.100.7';
  const ALICE = '192.0.2.1';
  const good = (at = NOW): Knocked => [at, ALICE, portsOf(codeAt(NOW))];
  const right = /^ssh opened: the code at 2027-01-15T08:00:1\d.*was right$/;

  test('the right code opens at its own time, and at no other', async () => {
    assert.match((await verdicts([good()]))[0] ?? '', right);
    assert.match(
      (await verdicts([good(NOW + 300)]))[0] ?? '',
      /^- shut: the code .* was refused: it is out of time: the clock of the app of alice is 5 min behind$/,
    );
  });

  test('a code opens one address, and the same one again', async () => {
    const [, , ports] = good();
    const [own, other] = await verdicts([good(), [NOW + 4, MALLORY, ports], [NOW + 8, ALICE, ports]]);
    assert.match(own ?? '', right);
    assert.match(
      other ?? '',
      /^- shut: .* it was used already, by 192\.0\.2\.1 at .*: wait for the next one$/,
    );
  });

  test('after two wrong ones two right ones in a row', async () => {
    const wrong = [17_000, 23_000];
    const guesses: Knocked[] = [
      [NOW - 9, ALICE, wrong],
      [NOW - 5, ALICE, [17_001, 23_000]],
    ];
    assert.match(
      (await verdicts([...guesses, good()]))[0] ?? '',
      /it is right, but this address needs the next code too/,
    );
    const next: Knocked = [NOW + 30, ALICE, portsOf(codeAt(NOW + 30))];
    assert.match((await verdicts([...guesses, good(), next]))[0] ?? '', /^ssh opened/);
  });

  test('half of one opens nothing, and a door that does not allow the address stays shut', async () => {
    const [half] = await verdicts([[NOW, ALICE, portsOf(codeAt(NOW)).slice(0, 1)]]);
    assert.match(half ?? '', /^- shut: only half of a code has arrived/);
    const [denied] = await verdicts([good()], '  allow = 203.0.113.0/24\n');
    assert.match(denied ?? '', /^- shut: the code .* was refused: the door does not allow this address$/);
  });

  test('knockd --read judges them too', async () => {
    using scratch = new Scratch();
    const configFile = scratch.file('knockd.conf');
    writeFileSync(configFile, config(scratch));
    const capture = scratch.file('codes.pcap');
    writeFileSync(capture, renderPcap(framesOf([good()])));
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    assert.equal(await replay({ capture, configFile, ipv6: true }, print, print), 0);
    assert.match(lines.join('\n'), /192\.0\.2\.1: ssh: alice: OPEN SESAME \(code\)\n.*would open tcp\/22/);
    assert.match(lines.at(-2) ?? '', /would close/);
    assert.equal(lines.at(-1), '2 packets, 2 of them knocks, 1 openings');
  });

  test('without users the rest is judged, and it is said that codes are not', async () => {
    using scratch = new Scratch();
    const text = config(scratch, `[seq]\n  sequence = 7000,8000\n  open = tcp/23\n`).replace(
      'users.conf',
      'none.conf',
    );
    const configFile = scratch.file('knockd.conf');
    writeFileSync(configFile, text);
    const entries: TimelineEntry[] = [];
    const traffic = {
      kind: 'knocks',
      steps: parseKnocks('7000 8000'),
      from: address(ALICE),
      gap: millis(100),
    } as const;
    const end = await simulate({ configFile, traffic }, (entry) => entries.push(entry));
    assert.ok(
      end.kind === 'done' && end.warnings.some(({ message }) => /^codes are not judged: /.test(message)),
    );
    assert.match(verdictsOf(entries)[0] ?? '', /^seq opened/);
  });
});
