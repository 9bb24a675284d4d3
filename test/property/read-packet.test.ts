import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import v8 from 'node:v8';
import fc from 'fast-check';
import { AttemptEngine } from '../../src/core/attempt/attempt-engine.ts';
import { OFFER } from '../../src/core/attempt/offer.ts';
import { Steps } from '../../src/core/attempt/steps.ts';
import { parseAddress, renderAddress } from '../../src/core/net/address.ts';
import { AddressTable } from '../../src/core/net/address-table.ts';
import { Packet } from '../../src/core/packet/packet.ts';
import { READING, readPacket } from '../../src/core/packet/read-packet.ts';
import { seeded } from '../lab/seed.ts';
import { door } from '../unit/attempt/knocks.ts';
import { packetText, readingText } from '../unit/packet/reading-text.ts';
import { type IpPacket, ipPacket, renderIpPacket } from './ip-packet.ts';

const HEADS = ['', '45', '4500', '60', '6000000000', '4f'].map((head) => Buffer.from(head, 'hex'));
const head = fc.constantFrom(...HEADS);

/** Arbitrary bytes, or a good packet of which some bytes have been changed. */
const hostile = fc.oneof(
  fc
    .tuple(head, fc.uint8Array({ maxLength: 120 }))
    .map(([start, rest]) => Uint8Array.from([...start, ...rest])),
  fc
    .tuple(ipPacket, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 5 }))
    .map(([packet, changes]) => {
      const bytes = renderIpPacket(packet);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes;
    }),
);

function expectedText(packet: IpPacket): string {
  const address = (words: readonly number[]): string =>
    renderAddress(
      packet.family,
      ...([...new Array<number>(4 - words.length).fill(0), ...words] as [number, number, number, number]),
    );
  const tcp = packet.protocol === 6;
  const flags = (tcp ? packet.flags : 0).toString(16).padStart(2, '0');
  const identity = (tcp ? packet.sequence : 0).toString(16).padStart(8, '0');
  const from = `${address(packet.source)}:${packet.sourcePort}`;
  const to = `${address(packet.destination)}:${packet.destinationPort}`;
  return `${tcp ? 'tcp' : 'udp'} ${from} > ${to} flags ${flags} identity ${identity}`;
}

/** The bytes; reading one outside `[start, end)` throws. */
function guarded(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Proxy(bytes, {
    get(target, name) {
      if (name === 'length') return target.length;
      const at = typeof name === 'string' && /^-?[0-9]+$/.test(name) ? Number(name) : Number.NaN;
      assert.ok(at >= start && at < end, `${String(name)} was read, outside ${start} to ${end}`);
      return target[at];
    },
  });
}

describe('reading a packet', () => {
  test('what is built is read back, wherever in the bytes it stands', (t) => {
    const around = fc.uint8Array({ maxLength: 8 });
    const property = fc.property(ipPacket, around, around, (packet, before, behind) => {
      const own = renderIpPacket(packet);
      const bytes = Uint8Array.from([...before, ...own, ...behind]);
      assert.equal(readingText(bytes, before.length, before.length + own.length), expectedText(packet));
      assert.equal(readingText(bytes, before.length), expectedText(packet), 'with padding behind it');
    });
    fc.assert(property, seeded(t, { numRuns: 3000 }));
  });

  test('a packet cut anywhere is truncated, or reads as the whole one', (t) => {
    const property = fc.property(ipPacket, fc.nat(), (packet, cut) => {
      const bytes = renderIpPacket(packet);
      const text = readingText(bytes, 0, cut % bytes.length);
      assert.ok(text === 'truncated' || text === expectedText(packet), text);
    });
    fc.assert(property, seeded(t, { numRuns: 2000 }));
  });

  test('hostile bytes never throw, and nothing outside the bounds is read', (t) => {
    const property = fc.property(
      hostile,
      fc.nat({ max: 12 }),
      fc.nat({ max: 12 }),
      (bytes, before, behind) => {
        const start = Math.min(before, bytes.length);
        const end = Math.max(start, bytes.length - behind);
        const packet = new Packet();
        const reading = readPacket(guarded(bytes, start, end), start, end, packet);
        assert.ok(Object.values(READING).includes(reading));
        if (reading !== READING.packet) return;
        assert.ok(packet.protocol === 6 || packet.protocol === 17);
        assert.ok(packet.flags >= 0 && packet.flags <= 63);
        assert.equal(packetText(packet), readingText(bytes.slice(start, end)), 'the same wherever it stands');
      },
    );
    fc.assert(property, seeded(t, { numRuns: 20_000 }));
  });

  test('an object that is read into again keeps nothing of the packet before', (t) => {
    const property = fc.property(ipPacket, hostile, ipPacket, (first, between, last) => {
      const packet = new Packet();
      for (const bytes of [renderIpPacket(first), between, renderIpPacket(last)]) {
        readPacket(bytes, 0, bytes.length, packet);
      }
      assert.equal(packetText(packet), expectedText(last));
    });
    fc.assert(property, seeded(t, { numRuns: 1000 }));
  });
});

/** Packets of a round: 16 bytes for each of them would be 0.8 MB, which the young generation has room for. */
const ROUND = 50_000;
const WARM_UP_ROUNDS = 20;
const MEASURED_ROUNDS = 15;

describe('a packet that matches nothing allocates nothing', () => {
  test('from its bytes to the engine, both families', () => {
    const take = noiseTaker();
    let packets = 0;
    const round = (): void => {
      for (let i = 0; i < ROUND; i++) take(packets++);
    };
    // On a busy machine the compiler may come late: what allocates does so in each of three measurements.
    const perPacket = Math.min(...[1, 2, 3].map(() => settledHeapGrowth(round)));
    // The smallest object there is takes 16 bytes; the measurement itself leaves less than 0.1 per packet.
    assert.ok(perPacket / ROUND < 1, `${perPacket / ROUND} bytes of heap for each packet`);
  });

  test('and this measurement would see it if it did', () => {
    const kept: { at: number }[] = [{ at: 0 }];
    const perPacket = settledHeapGrowth(() => {
      for (let i = 0; i < ROUND; i++) kept[0] = { at: i };
    });
    assert.ok(perPacket / ROUND >= 8, `${perPacket / ROUND} bytes of heap for each object`);
  });
});

/** Reads noise of many kinds and offers it to an engine; every packet is another one. */
function noiseTaker(): (n: number) => void {
  const base = {
    sourcePort: 40_000,
    destinationPort: 7009,
    flags: 2,
    sequence: 0,
    ipOptions: 0,
    tcpOptions: 0,
    payload: 4,
  };
  const v4 = { ...base, family: 4, source: [0xc0000201], destination: [0xc6336407], extensions: [] } as const;
  const wide = [0xfd070000, 0, 0, 7];
  const v6 = {
    ...base,
    family: 6,
    source: [0xfd070000, 0, 0, 1],
    destination: wide,
    extensions: [{ kind: 60, units: 0 }],
  } as const;
  const packets = [v4, v6].flatMap((one) => [
    renderIpPacket({ ...one, protocol: 6 }),
    renderIpPacket({ ...one, protocol: 17 }),
    renderIpPacket({ ...one, protocol: 6 }).subarray(0, 30),
  ]);
  const packet = new Packet();
  const steps = new Steps();
  const engine = new AttemptEngine([door('a', '7000,8000'), door('b', '7001:udp,8001')], [1, 2]);
  const own = ['198.51.100.7', 'fd07::7'].flatMap((text) => parseAddress(text) ?? []);
  const addresses = new AddressTable(own, { loopback: true });
  return (n) => {
    const bytes = packets[n % packets.length] as Uint8Array;
    bytes[15] = n & 0xff;
    bytes[14] = (n >>> 8) & 0xff;
    if (readPacket(bytes, 0, bytes.length, packet) !== READING.packet) return;
    const { family, destination0, destination1, destination2, destination3 } = packet;
    const local = addresses.has(family, destination0, destination1, destination2, destination3);
    const offer = engine.offer(packet, local, 1.7e12 + n / 7, steps);
    if (offer !== OFFER.ignored) throw new Error('this was to be noise');
  };
}

/**
 * The growth of the heap in one of many equal rounds, in bytes, once the code is compiled: the median of the rounds
 * that no garbage collection has made smaller. Compilation is made to happen in between rather than beside.
 */
function settledHeapGrowth(round: () => void): number {
  v8.setFlagsFromString('--no-concurrent-recompilation');
  try {
    for (let i = 0; i < WARM_UP_ROUNDS; i++) round();
    const grown = Array.from({ length: MEASURED_ROUNDS }, () => {
      const before = v8.getHeapStatistics().used_heap_size;
      round();
      return v8.getHeapStatistics().used_heap_size - before;
    }).filter((growth) => growth >= 0);
    const median = grown.sort((a, b) => a - b)[grown.length >> 1];
    assert.ok(median !== undefined, 'every round met a garbage collection');
    return median;
  } finally {
    v8.setFlagsFromString('--concurrent-recompilation');
  }
}
