import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DecoyPorts, type HostPorts } from '../../src/core/decoy/decoy-ports.ts';
import { drawShare, longestGap, MAX_SHARE_GAP } from '../../src/core/decoy/port-share.ts';
import type { Door } from '../../src/core/door/door.ts';
import { renderCaptureFilter } from '../../src/core/filter/capture-filter.ts';
import { mergePorts } from '../../src/core/filter/merge-ports.ts';
import { PROTOCOL_NUMBER } from '../../src/core/net/protocol.ts';
import { meetsFlagRule } from '../../src/core/net/tcp-flags.ts';
import { Packet } from '../../src/core/packet/packet.ts';
import { READING, readPacket } from '../../src/core/packet/read-packet.ts';
import { compileFilter, type FilterProgram } from '../../src/host/ffi/libpcap.ts';
import { seeded } from '../lab/seed.ts';
import { door } from '../unit/attempt/knocks.ts';
import { type IpPacket, ipPacket, renderIpPacket } from './ip-packet.ts';
import { runFilter } from './run-filter.ts';

const SNAP_LENGTH = 65_535;
/** linux/bpf_common.h: BPF_MAXINSNS. */
const MAX_INSTRUCTIONS = 4096;

const flagRule = fc
  .tuple(fc.nat({ max: 63 }), fc.nat({ max: 63 }))
  .map(([mask, value]) => ({ mask, value: value & mask }));
const rule = fc.oneof(
  fc.constantFrom({ mask: 0, value: 0 }, { mask: 2, value: 2 }, { mask: 18, value: 2 }),
  flagRule,
);
const anyPort = fc.integer({ min: 1, max: 65_535 });
/** Ports that lie close together, too, and at both ends. */
const port = fc.oneof(anyPort, fc.integer({ min: 7000, max: 7010 }), fc.constantFrom(1, 2, 65_534, 65_535));
const step = fc
  .tuple(port, fc.constantFrom('tcp', 'udp'))
  .map(([number, protocol]) => `${number}:${protocol}`);
const doors = (most: number, steps: number) =>
  fc
    .array(fc.tuple(fc.array(step, { minLength: 1, maxLength: steps }), rule), {
      minLength: 1,
      maxLength: most,
    })
    .map((list) => list.map(([sequence, flags], i) => door(`d${i}`, sequence.join(','), { flags })));

/** Whether a door listens to such a packet: the only question that a filter may answer. */
function isKnock(list: readonly Door[], packet: Packet): boolean {
  return list.some(
    ({ sequence, flags }) =>
      sequence.some(
        (one) => PROTOCOL_NUMBER[one.protocol] === packet.protocol && one.port === packet.destinationPort,
      ) &&
      (packet.protocol === PROTOCOL_NUMBER.udp || meetsFlagRule(flags, packet.flags)),
  );
}

/** Packets of which many go to the ports of the doors, or beside them. */
function aimed(packets: readonly IpPacket[], list: readonly Door[]): IpPacket[] {
  const steps = list.flatMap(({ sequence }) => sequence);
  return packets.map((packet, i) => {
    const target = steps[(packet.sourcePort + i) % steps.length];
    if (target === undefined || i % 4 === 0) return packet;
    const destinationPort = (target.port + (i % 4 === 1 ? 1 : 0)) & 0xffff;
    return { ...packet, destinationPort, protocol: PROTOCOL_NUMBER[target.protocol] };
  });
}

/** Each packet's bytes with what the filter and the reader say of it. */
function* judged(program: FilterProgram, packets: readonly IpPacket[]) {
  const packet = new Packet();
  for (const one of packets) {
    const bytes = renderIpPacket(one);
    const reading = readPacket(bytes, 0, bytes.length, packet);
    assert.equal(reading, READING.packet);
    yield { one, packet, passes: runFilter(program, bytes) !== 0 };
  }
}

const packets = fc.array(ipPacket, { minLength: 20, maxLength: 60, size: 'max' });

describe('the capture filter', () => {
  test('passes every knock of every door, options and extension headers or not', (t) => {
    let knocks = 0;
    const property = fc.property(doors(12, 20), packets, (list, some) => {
      const program = compileFilter(renderCaptureFilter(list, { ipv6: true }), SNAP_LENGTH);
      for (const { one, packet, passes } of judged(program, aimed(some, list))) {
        if (!isKnock(list, packet)) continue;
        knocks++;
        assert.ok(passes, `the filter keeps out ${JSON.stringify(one)}`);
      }
    });
    const parameters = seeded(t, { numRuns: 300 });
    fc.assert(property, parameters);
    t.diagnostic(`${knocks} knocks`);
    assert.ok(knocks > parameters.numRuns * 3, `${knocks} knocks are too few to prove anything`);
  });

  test('of a few doors passes nothing else of TCP and UDP', (t) => {
    const property = fc.property(doors(6, 5), packets, (list, some) => {
      const program = compileFilter(renderCaptureFilter(list, { ipv6: true }), SNAP_LENGTH);
      for (const { one, packet, passes } of judged(program, aimed(some, list))) {
        // A classic filter cannot follow extension headers: those packets all pass.
        if (one.extensions.length > 0) assert.ok(passes);
        else assert.equal(passes, isKnock(list, packet), JSON.stringify(one));
      }
    });
    fc.assert(property, seeded(t, { numRuns: 300 }));
  });

  test('without IPv6 passes the knocks over IPv4 alone', (t) => {
    const property = fc.property(doors(6, 5), packets, (list, some) => {
      const program = compileFilter(renderCaptureFilter(list, { ipv6: false }), SNAP_LENGTH);
      for (const { one, packet, passes } of judged(program, aimed(some, list))) {
        assert.equal(passes, one.family === 4 && isKnock(list, packet), JSON.stringify(one));
      }
    });
    fc.assert(property, seeded(t, { numRuns: 200 }));
  });

  test('of thousands of doors with flag rules of every sort is one that the kernel takes, and passes their knocks', (t) => {
    const crowd = fc
      .array(fc.tuple(anyPort, anyPort, anyPort, rule), { minLength: 200, maxLength: 3000, size: 'max' })
      .map((list) => list.map(([a, b, c, flags], i) => door(`d${i}`, `${a},${b}:udp,${c}`, { flags })));
    const property = fc.property(crowd, packets, fc.boolean(), (list, some, ipv6) => {
      const program = compileFilter(renderCaptureFilter(list, { ipv6 }), SNAP_LENGTH);
      assert.ok(program.instructions <= MAX_INSTRUCTIONS);
      for (const { packet, passes } of judged(program, aimed(some, list))) {
        if (isKnock(list, packet) && (ipv6 || packet.family === 4)) assert.ok(passes);
      }
    });
    fc.assert(property, seeded(t, { numRuns: 20 }));
  });
});

const span = fc
  .tuple(anyPort, fc.nat({ max: 40 }))
  .map(([first, width]) => ({ first, last: Math.min(65_535, first + width) }));
const hostPorts: fc.Arbitrary<HostPorts> = fc.record({
  served: fc.array(span, { maxLength: 6 }),
  ephemeral: fc.constantFrom(
    { first: 32_768, last: 60_999 },
    { first: 10_000, last: 65_535 },
    { first: 1024, last: 65_535 },
    { first: 1, last: 0 },
  ),
});
const secret = fc.tuple(fc.integer(), fc.integer());

describe('the decoys in the filter', () => {
  test('pass with the knocks, and nothing else of TCP and UDP does', (t) => {
    let touches = 0;
    const property = fc.property(doors(4, 4), packets, hostPorts, secret, (list, some, ports, words) => {
      const share = drawShare(words);
      const decoys = new DecoyPorts(list, ports, share);
      const program = compileFilter(renderCaptureFilter(list, { ipv6: true, decoys }), SNAP_LENGTH);
      const all = [
        ...aimed(some, list),
        ...some.map((one) => ({ ...one, flags: 2, destinationPort: 1024 + (one.sourcePort % 29_000) })),
      ];
      for (const { one, packet, passes } of judged(program, all)) {
        const touch = decoys.touchedBy(packet.protocol, packet.destinationPort, packet.flags);
        if (touch) touches++;
        if (touch || isKnock(list, packet)) assert.ok(passes, `the filter keeps out ${JSON.stringify(one)}`);
        else if (passes && one.extensions.length === 0) {
          // Packets of a FIN scan, say, where no door takes them: more than is needed, but never to a service.
          const isKnockPort = list.some(({ sequence }) =>
            sequence.some((step) => step.port === packet.destinationPort),
          );
          assert.ok(
            isKnockPort ||
              !ports.served.some(
                ({ first, last }) => first <= packet.destinationPort && packet.destinationPort <= last,
              ),
          );
        }
      }
    });
    const parameters = seeded(t, { numRuns: 200 });
    fc.assert(property, parameters);
    t.diagnostic(`${touches} touches`);
    assert.ok(touches > parameters.numRuns * 3, `${touches} touches are too few to prove anything`);
  });

  test('of thousands of doors and services make a program that the kernel takes', (t) => {
    const crowd = fc
      .array(fc.tuple(anyPort, anyPort, rule), { minLength: 200, maxLength: 3000, size: 'max' })
      .map((list) => list.map(([a, b, flags], i) => door(`d${i}`, `${a},${b}:udp`, { flags })));
    const services = fc.array(span, { minLength: 100, maxLength: 1000, size: 'max' });
    const property = fc.property(crowd, services, secret, (list, served, words) => {
      const decoys = new DecoyPorts(
        list,
        { served, ephemeral: { first: 32_768, last: 60_999 } },
        drawShare(words),
      );
      const program = compileFilter(renderCaptureFilter(list, { ipv6: true, decoys }), SNAP_LENGTH);
      assert.ok(program.instructions <= MAX_INSTRUCTIONS, `${program.instructions} instructions`);
    });
    fc.assert(property, seeded(t, { numRuns: 20 }));
  });

  test('are a quarter of the ports, nowhere far apart, whatever the secret', (t) => {
    const property = fc.property(secret, (words) => {
      const share = drawShare(words);
      assert.ok(longestGap(share) <= MAX_SHARE_GAP);
      assert.deepEqual(share, drawShare(words));
    });
    fc.assert(property, seeded(t, { numRuns: 200 }));
  });
});

describe('ports in ranges', () => {
  const ports = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 60 });
  const isIn = (ranges: readonly { first: number; last: number }[], port: number): boolean =>
    ranges.some(({ first, last }) => first <= port && port <= last);

  test('hold every port, ascend, and are as many as allowed at most', (t) => {
    const property = fc.property(ports, fc.integer({ min: 1, max: 10 }), (list, limit) => {
      const ranges = mergePorts(list, limit);
      assert.ok(ranges.length <= limit);
      assert.ok(list.every((one) => isIn(ranges, one)));
      for (const [i, { first, last }] of ranges.entries()) {
        assert.ok(first <= last && list.includes(first) && list.includes(last));
        assert.ok(first > (ranges[i - 1]?.last ?? -1) + 1, 'neighbours are one range');
      }
    });
    fc.assert(property, seeded(t, { numRuns: 1000 }));
  });

  test('hold nothing else where there are enough of them, and the least possible where not', (t) => {
    const property = fc.property(ports, fc.integer({ min: 1, max: 10 }), (list, limit) => {
      const sorted = [...new Set(list)].sort((a, b) => a - b);
      const gaps = sorted.slice(1).map((one, i) => one - (sorted[i] ?? 0) - 1);
      const open = gaps.filter((gap) => gap > 0).sort((a, b) => b - a);
      const filled = open.slice(limit - 1).reduce((sum, gap) => sum + gap, 0);
      const held = mergePorts(list, limit).reduce((sum, { first, last }) => sum + last - first + 1, 0);
      assert.equal(held, sorted.length + filled);
    });
    fc.assert(property, seeded(t, { numRuns: 1000 }));
  });
});
