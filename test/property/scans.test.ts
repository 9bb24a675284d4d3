// Whole scans, packet by packet, before the engine and its guard; every run with another secret.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AttemptEngine } from '../../src/core/attempt/attempt-engine.ts';
import type { EngineLimits } from '../../src/core/attempt/engine-limits.ts';
import { ScanGuard } from '../../src/core/attempt/scan-guard.ts';
import { Steps } from '../../src/core/attempt/steps.ts';
import { DecoyPorts, type HostPorts } from '../../src/core/decoy/decoy-ports.ts';
import { drawShare } from '../../src/core/decoy/port-share.ts';
import type { Door } from '../../src/core/door/door.ts';
import { TCP_FLAG } from '../../src/core/net/tcp-flags.ts';
import { Packet } from '../../src/core/packet/packet.ts';
import { repeats } from '../lab/effort.ts';
import { SEED } from '../lab/seed.ts';
import { door, readKnock } from '../unit/attempt/knocks.ts';
import { generator, shuffled } from './random.ts';

/** The fewest with every door scanned in every way. */
const REPEATS = repeats('BUSSA_GUARD_SCANS', { quick: 24, full: 100 });
const LIMITS: EngineLimits = { attempts: 1000, recentPackets: 65_536 };
const HOST: HostPorts = {
  served: [22, 80, 443, 8080].map((port) => ({ first: port, last: port })),
  ephemeral: { first: 32_768, last: 60_999 },
};
const PENALTY = 60_000;

const SYN = { mask: TCP_FLAG.syn, value: TCP_FLAG.syn };
const DOORS: readonly Door[] = [
  door('ascending', '7000,8000,9000', { flags: SYN, timeout: 25_000 }),
  door('any-flags', '7100,8100,9100', { timeout: 25_000 }),
  door('in-a-row', '7200,7201,7202', { flags: SYN, timeout: 25_000 }),
  door('backwards', '7302,7301,7300', { flags: SYN, timeout: 25_000 }),
  door('mixed', '7400,8400:udp,9400', { flags: SYN, timeout: 25_000 }),
  door('udp', '7500:udp,8500:udp,9500:udp', { timeout: 25_000 }),
  door('high', '40000,50000,60000', { flags: SYN, timeout: 25_000 }),
];

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

const RANGES = {
  'every port': range(1, 65_535),
  '1-10000': range(1, 10_000),
  '7000-9500': range(7000, 9500),
  '39990-60010': range(39_990, 60_010),
} as const;

const SCANS = {
  SYN: { protocol: '', flags: TCP_FLAG.syn },
  FIN: { protocol: '', flags: TCP_FLAG.fin },
  NULL: { protocol: '', flags: 0 },
  Xmas: { protocol: '', flags: TCP_FLAG.fin | TCP_FLAG.psh | TCP_FLAG.urg },
  ACK: { protocol: '', flags: TCP_FLAG.ack },
  UDP: { protocol: ':udp', flags: 0 },
} as const;
type ScanName = keyof typeof SCANS;
const SCAN_NAMES = Object.keys(SCANS) as ScanName[];

/** Milliseconds between two probes: nmap at its fastest, and -T2. */
const PACES = [0.01, 400] as const;

/** One source, and the doors that its probes open. */
class Scanner {
  readonly #engine: AttemptEngine;
  readonly #steps = new Steps();
  readonly #packet: Packet;
  #sent = 0;
  #now = 1_790_000_000_000;
  readonly opened: string[] = [];

  constructor(secret: readonly [number, number], doors: readonly Door[]) {
    const guard = new ScanGuard(65_536, secret);
    guard.follow({ decoys: new DecoyPorts(doors, HOST, drawShare(secret)), penalty: PENALTY });
    this.#engine = new AttemptEngine(doors, secret, LIMITS, guard);
    this.#packet = readKnock({ port: 1, at: 0 }, new Packet(), 0);
  }

  scan(ports: readonly number[], name: ScanName, pace: number): void {
    const { protocol, flags } = SCANS[name];
    readKnock({ port: `1${protocol}`, at: 0, flags }, this.#packet, 0);
    for (const port of ports) this.#probe(port, pace);
  }

  #probe(port: number, pace: number): void {
    this.#packet.destinationPort = port;
    this.#packet.identity = ++this.#sent;
    this.#engine.offer(this.#packet, true, this.#now, this.#steps);
    for (const { door: one } of this.#steps.completions) this.opened.push(one.name);
    this.#now += pace;
  }
}

describe(`no scan opens a door, ${REPEATS} times`, () => {
  for (const [what, ports] of Object.entries(RANGES)) {
    for (const order of ['ascending', 'descending', 'random'] as const) {
      test(`${what}, ${order}`, (t) => {
        const random = generator(SEED);
        t.diagnostic(`seed ${SEED}`);
        const arranged = (): readonly number[] =>
          order === 'ascending'
            ? ports
            : order === 'descending'
              ? ports.toReversed()
              : shuffled(ports, random);
        for (let repeat = 0; repeat < REPEATS; repeat++) {
          // Each door by itself: the ports of the others would end its attempts.
          const one = DOORS[Math.floor(repeat / SCAN_NAMES.length) % DOORS.length] as Door;
          const scanner = new Scanner([random(2 ** 32) | 0, random(2 ** 32) | 0], [one]);
          const name = SCAN_NAMES[repeat % SCAN_NAMES.length] as ScanName;
          const pace = PACES[repeat % 4 === 3 ? 1 : 0];
          const from = arranged();
          scanner.scan(from, name, pace);
          // The same scan again at once: in its order it ends where it begins.
          if (from.length < 5000)
            for (let again = 0; again < 3; again++) scanner.scan(arranged(), name, pace);
          assert.deepEqual(scanner.opened, [], `repeat ${repeat}: ${name}`);
        }
      });
    }
  }

  // Guesses: nobody's neighbours, and so few that a quarter of them may be none.
  for (const [what, step, last] of [
    ['the thousands', 1000, 10_000],
    ['the half thousands', 500, 10_000],
    ['the hundreds', 100, 10_000],
    ['the numbers of one digit', 1111, 9999],
  ] as const) {
    test(`${what} to ${last}, ascending and descending`, () => {
      const random = generator(SEED);
      const doors = [
        ...DOORS.slice(0, 2),
        door('one-digit', '7777,8888,9999', { flags: SYN, timeout: 25_000 }),
        door('downwards', '5000,4000,3000', { flags: SYN, timeout: 25_000 }),
      ];
      const ports = Array.from({ length: last / step }, (_, i) => (i + 1) * step);
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const one = doors[repeat % doors.length] as Door;
        const scanner = new Scanner([random(2 ** 32) | 0, random(2 ** 32) | 0], [one]);
        for (const order of [ports, ports.toReversed(), ports]) scanner.scan(order, 'SYN', 0.01);
        assert.deepEqual(scanner.opened, [], `repeat ${repeat}`);
      }
    });
  }

  test('TCP and UDP together, port by port', () => {
    const random = generator(SEED);
    for (const one of DOORS) {
      const scanner = new Scanner([random(2 ** 32) | 0, random(2 ** 32) | 0], [one]);
      for (const port of RANGES['1-10000']) {
        scanner.scan([port], 'SYN', 0.01);
        scanner.scan([port], 'UDP', 0.01);
      }
      assert.deepEqual(scanner.opened, []);
    }
  });
});

describe('the odds are as stated', () => {
  // Over so few ports that the chances show: 7000 to 7002 and `wires` neighbours of theirs, in random order.
  for (const wires of [1, 3]) {
    test(`three knock ports and ${wires} decoy ports`, (t) => {
      const random = generator(SEED);
      const doors = [door('a', '7000,7001,7002', { timeout: 25_000 })];
      const ports = [7000, 7001, 7002, ...range(7003, 7002 + wires)];
      const runs = repeats('BUSSA_ODDS', { quick: 3000, full: 40_000 });
      let opened = 0;
      for (let run = 0; run < runs; run += 1000) {
        const secret = [random(2 ** 32) | 0, random(2 ** 32) | 0] as const;
        for (let i = 0; i < 1000; i += 50) {
          // An engine is dear, a source is not: each scan comes after the last one's penalty.
          const scanner = new Scanner(secret, doors);
          for (let j = 0; j < 50; j++) {
            scanner.scan(shuffled(ports, random), 'SYN', 1);
            scanner.scan([1], 'SYN', PENALTY * 2);
          }
          opened += scanner.opened.length;
        }
      }
      // All knocks in their order, before the first decoy port or between it and the second: 2 T!/(T + 3)!.
      const expected = 2 / ((wires + 1) * (wires + 2) * (wires + 3));
      const deviation = Math.sqrt((expected * (1 - expected)) / runs);
      t.diagnostic(`${opened / runs}, expected ${expected}`);
      assert.ok(Math.abs(opened / runs - expected) < 5 * deviation);
    });
  }
});

test('without the guard the same scans do open doors', () => {
  const packet = new Packet();
  const steps = new Steps();
  const opened = DOORS.flatMap((one) => {
    const engine = new AttemptEngine([one], [1, 2], LIMITS);
    return RANGES['1-10000'].flatMap((port) => {
      engine.offer(readKnock({ port, at: port }, packet, port), true, port, steps);
      return steps.completions.map(({ door: { name } }) => name);
    });
  });
  assert.deepEqual(opened, ['ascending', 'any-flags', 'in-a-row']);
});
