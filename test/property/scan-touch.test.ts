// Whatever can be a knock can be a touch: else a scan by such packets opens doors.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DecoyPorts, type HostPorts } from '../../src/core/decoy/decoy-ports.ts';
import { isMemorable } from '../../src/core/decoy/memorable-port.ts';
import { drawShare, isInShare } from '../../src/core/decoy/port-share.ts';
import { renderCaptureFilter } from '../../src/core/filter/capture-filter.ts';
import { TCP_FLAG } from '../../src/core/net/tcp-flags.ts';
import { compileFilter } from '../../src/host/ffi/libpcap.ts';
import { seeded } from '../lab/seed.ts';
import { door, GuardedEngine } from '../unit/attempt/knocks.ts';
import { ipPacket, renderIpPacket } from './ip-packet.ts';
import { runFilter } from './run-filter.ts';

const PENALTY = 60_000;
const DEFAULT_RANGE = { first: 32_768, last: 60_999 };
const WIDE_RANGE = { first: 1024, last: 65_535 };
const ANSWERING = TCP_FLAG.ack | TCP_FLAG.rst;

const flagRule = fc
  .tuple(fc.nat({ max: 63 }), fc.nat({ max: 63 }))
  .map(([mask, value]) => ({ mask, value: value & mask }));
const rule = fc.oneof(
  fc.constantFrom({ mask: 0, value: 0 }, { mask: 2, value: 2 }, { mask: 18, value: 2 }),
  flagRule,
);
const step = fc
  .tuple(fc.integer({ min: 1024, max: 32_000 }), fc.constantFrom('tcp', 'udp'))
  .map(([port, protocol]) => `${port}:${protocol}`);
const doors = fc
  .array(fc.tuple(fc.uniqueArray(step, { minLength: 1, maxLength: 4 }), rule), {
    minLength: 1,
    maxLength: 12,
  })
  .map((list) => list.map(([steps, flags], i) => door(`d${i}`, steps.join(','), { flags })));
const secret = fc.tuple(fc.integer(), fc.integer());
const range = fc.constantFrom(DEFAULT_RANGE, WIDE_RANGE, { first: 10_000, last: 65_535 });

describe('whatever can be a knock can be a touch', () => {
  test('by every set of flags, by UDP, in the engine and in the filter', (t) => {
    let knocks = 0;
    const packets = fc.array(ipPacket, { minLength: 8, maxLength: 16 });
    const property = fc.property(
      doors,
      secret,
      range,
      packets,
      fc.nat(),
      (list, words, ephemeral, some, pick) => {
        const ports: HostPorts = { served: [{ first: 8080, last: 8080 }], ephemeral };
        const share = drawShare(words);
        const engine = new GuardedEngine(list, ports, PENALTY, 65_536, words);
        const decoys = new DecoyPorts(list, ports, share);
        const filter = compileFilter(renderCaptureFilter(list, { ipv6: true, decoys }), 65_535);
        const steps = list.flatMap(({ sequence }) => sequence);
        const isDecoy = (port: number): boolean =>
          port !== 8080 && steps.every((one) => one.port !== port) && port >= 1024 && port <= 65_535;
        const isShare = (port: number): boolean => isMemorable(port) || isInShare(share, port);
        for (const [i, one] of some.entries()) {
          const { protocol, port } = steps[(pick + i) % steps.length] as (typeof steps)[number];
          const source = `10.0.${i}.1`;
          const flags = protocol === 'tcp' ? one.flags & 63 : 0;
          // Whether it is a knock is the engine's to say.
          const said = engine.offer({ port: `${port}:${protocol}`, at: i, from: source, flags });
          if (said[0] === 'ignored') continue;
          knocks++;
          const isAnswer = protocol === 'udp' || (flags & ANSWERING) !== 0;
          const near = steps.flatMap((other) => [
            other.port - 32,
            other.port - 1,
            other.port + 1,
            other.port + 32,
          ]);
          const shared = Array.from({ length: 40 }, (_, j) => 1024 + ((pick + j * 997) % 28_000)).filter(
            (other) => isShare(other) && !(isAnswer && ephemeral.first <= other && other <= ephemeral.last),
          );
          const decoys = [...near, ...shared].filter(isDecoy);
          for (const [j, decoy] of decoys.entries()) {
            const before = engine.touches;
            const knock = { port: `${decoy}:${protocol}`, at: i, from: `10.1.${i}.${j % 250}`, flags };
            engine.offer(knock);
            assert.equal(engine.touches, before + 1, `${JSON.stringify(knock)} touches nothing`);
            const bytes = renderIpPacket({
              ...one,
              extensions: [],
              flags,
              protocol: protocol === 'udp' ? 17 : 6,
              destinationPort: decoy,
            });
            assert.notEqual(runFilter(filter, bytes), 0, `${JSON.stringify(knock)} does not pass`);
          }
        }
      },
    );
    const parameters = seeded(t, { numRuns: 100 });
    fc.assert(property, parameters);
    t.diagnostic(`${knocks} knocks`);
    assert.ok(knocks > parameters.numRuns * 3, `${knocks} knocks are too few to prove anything`);
  });

  const { syn, ack, rst, fin, psh } = TCP_FLAG;
  for (const [name, flags, ephemeral] of [
    ['SYN', syn, WIDE_RANGE],
    ['SYN|ACK', syn | ack, DEFAULT_RANGE],
    ['SYN|RST', syn | rst, DEFAULT_RANGE],
    ['SYN|FIN|PSH|ACK', syn | fin | psh | ack, DEFAULT_RANGE],
  ] as const) {
    test(`1000, 2000 … 10000 by ${name} open nothing, local ports ${ephemeral.first}–${ephemeral.last}`, () => {
      const doors = [door('a', '7000,8000,9000', { flags: { mask: syn, value: syn } })];
      const engine = new GuardedEngine(doors, { served: [], ephemeral }, PENALTY);
      for (let port = 1000; port <= 10_000; port += 1000) {
        engine.offer({ port, at: port / 100, flags });
        assert.deepEqual(engine.completions, []);
      }
    });
  }

  test('but no answer to a connection of the host’s own touches the share', () => {
    const doors = [door('a', '7312,18423:udp,9534')];
    const engine = new GuardedEngine(doors, { served: [], ephemeral: WIDE_RANGE }, PENALTY);
    const isNear = (port: number): boolean => [7312, 18_423, 9534].some((one) => Math.abs(one - port) <= 32);
    for (let port = 1024; port <= 65_535; port++) {
      if (isNear(port)) continue;
      for (const flags of [syn | ack, ack, ack | psh, fin | ack, rst, rst | ack]) {
        assert.equal(`${engine.offer({ port, at: 0, flags })}`, 'ignored');
      }
      assert.equal(`${engine.offer({ port: `${port}:udp`, at: 0 })}`, 'ignored');
    }
    assert.equal(engine.touches, 0);
  });
});

describe('the odds of docs/threats.md for 1000, 2000 … 10,000 in random order', () => {
  // Every order there is, of all but 1000, which is no decoy port.
  for (const [n, sequence] of [
    [2, '7000,8000'],
    [3, '7000,8000,9000'],
    [4, '7000,8000,9000,3000'],
  ] as const) {
    test(`${n} knocks`, (t) => {
      const doors = [door('a', sequence, { timeout: 25_000 })];
      const engine = new GuardedEngine(doors, { served: [], ephemeral: DEFAULT_RANGE }, PENALTY);
      const ports = Array.from({ length: 9 }, (_, i) => (i + 2) * 1000);
      let orders = 0;
      let opened = 0;
      for (const order of permutations(ports)) {
        const at = ++orders * PENALTY * 2;
        for (const [i, port] of order.entries()) {
          opened += engine.knock(port, at + i);
        }
      }
      const wires = ports.length - n;
      let expected = 2;
      for (let i = 1; i <= n; i++) expected /= wires + i;
      t.diagnostic(`${opened} of ${orders}: ${opened / orders}, stated ${expected}`);
      assert.equal(opened, Math.round(expected * orders));
    });
  }
});

/** Heap's algorithm; the list is the same one each time. */
function* permutations(list: number[], length = list.length): Generator<readonly number[]> {
  if (length <= 1) {
    yield list;
    return;
  }
  for (let i = 0; i < length; i++) {
    yield* permutations(list, length - 1);
    const other = length % 2 === 0 ? i : 0;
    [list[other], list[length - 1]] = [list[length - 1] as number, list[other] as number];
  }
}
