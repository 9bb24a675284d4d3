import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Address, parseAddress, renderAddress } from '../../src/core/net/address.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../../src/core/net/protocol.ts';
import type { ConnectionQuery } from '../../src/host/connections/connections.ts';
import { renderConntrackDelete, renderQueries } from '../../src/host/connections/conntrack-messages.ts';
import { readEntry } from '../../src/host/connections/read-conntrack.ts';
import {
  readAnswer,
  readAttributes,
  renderAttribute,
  renderMessage,
} from '../../src/host/netlink/netlink-message.ts';
import { readCookie, readEnds, renderSocketRequest } from '../../src/host/netlink/socket-messages.ts';
import { seeded } from '../lab/seed.ts';

const SEQUENCE = 7;
const ANY: ConnectionQuery = {
  sources: 4,
  ports: (['tcp', 'udp'] as const).map((protocol) => ({ protocol, first: 0, last: 65_535 })),
};

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const port = fc.nat(65_535);
const word = fc.nat(0xffff_ffff);
const address = fc.oneof(
  word.map((w) => renderAddress(4, 0, 0, 0, w)),
  fc.tuple(word, word, word, word).map((w) => renderAddress(6, ...w)),
);

type Tuple = { readonly source: Address; readonly destination: Address; readonly ports: [number, number] };

function renderTuple(type: number, protocol: Protocol, { source, destination, ports }: Tuple): Uint8Array {
  const isSix = source.includes(':');
  const nest = (kind: number, ...parts: Uint8Array[]): Uint8Array =>
    renderAttribute(kind | 0x8000, Buffer.concat(parts));
  const be = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
  return nest(
    type,
    nest(
      1,
      renderAttribute(isSix ? 3 : 1, rawAddress(source)),
      renderAttribute(isSix ? 4 : 2, rawAddress(destination)),
    ),
    nest(
      2,
      renderAttribute(1, Uint8Array.of(PROTOCOL_NUMBER[protocol])),
      renderAttribute(2, be(ports[0])),
      renderAttribute(3, be(ports[1])),
    ),
  );
}

/** As it stands in the request for a socket. */
function rawAddress(text: Address): Uint8Array {
  const request = renderSocketRequest({ local: text, localPort: 0, remote: text, remotePort: 0 });
  return request.subarray(12, text.includes(':') ? 28 : 16);
}

/** Of its status, linux/netfilter/nf_conntrack_common.h. */
type Marks = { readonly answered: boolean; readonly assured: boolean };

function entry(protocol: Protocol, original: Tuple, reply: Tuple, state: number, marks: Marks): Uint8Array {
  const status = Buffer.alloc(4);
  status.writeUInt32BE((marks.answered ? 2 : 0) | (marks.assured ? 4 : 0));
  const info = renderAttribute(4, renderAttribute(1, renderAttribute(1, Uint8Array.of(state))));
  return Buffer.concat([
    Uint8Array.of(2, 0, 0, 0),
    renderTuple(1, protocol, original),
    renderTuple(2, protocol, reply),
    renderAttribute(3, status),
    ...(protocol === 'tcp' ? [info] : []),
    renderAttribute(12, Uint8Array.of(1, 2, 3, 4)),
  ]);
}

/** A few bytes of it changed, or its end cut off. */
const damaged = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(bytes, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat(40))
    .map(([whole, changes, cut]) => {
      const copy = Uint8Array.from(whole);
      for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
      return copy.subarray(0, Math.max(0, copy.length - cut));
    });

const tuples = fc
  .tuple(fc.tuple(address, address), fc.tuple(address, address), fc.tuple(port, port), fc.tuple(port, port))
  .filter(([one, other]) => new Set([...one, ...other].map((text) => text.includes(':'))).size === 1)
  .map(([one, other, ports, otherPorts]) => [
    { source: one[0], destination: one[1], ports },
    { source: other[0], destination: other[1], ports: otherPorts },
  ]) as fc.Arbitrary<[Tuple, Tuple]>;

const marks: fc.Arbitrary<Marks> = fc.record({ answered: fc.boolean(), assured: fc.boolean() });

const entries = fc
  .tuple(fc.constantFrom('tcp', 'udp'), tuples, fc.nat(12), marks)
  .map(([protocol, [one, other], state, marked]) => entry(protocol, one, other, state, marked));

describe('entries of connection tracking', () => {
  test('are read as they are written, where they are sought', (t) => {
    fc.assert(
      fc.property(
        fc.constantFrom('tcp', 'udp'),
        tuples,
        fc.nat(12),
        marks,
        (protocol, [one, other], state, marked) => {
          const body = viewOf(entry(protocol, one, other, state, marked));
          const sought = { sources: new Set([one.source]), ports: ANY.ports };
          const read = readEntry(body, sought);
          assert.ok(read !== undefined);
          assert.deepEqual(
            [read.id, read.protocol, read.source, read.port],
            [0x01020304, protocol, one.source, one.ports[1]],
          );
          assert.deepEqual(
            [read.ends.local, read.ends.localPort, read.ends.remote, read.ends.remotePort],
            [other.source, other.ports[0], other.destination, other.ports[1]],
          );
          // linux/netfilter/nf_conntrack_tcp.h, by the numbers.
          const states = ['asked', 'asked', 'alive', 'alive', 'alive', 'alive', 'ended', 'ended'];
          const closed = marked.assured ? 'ended' : 'refused';
          const expected = state === 8 ? closed : (states[state] ?? 'asked');
          const datagrams = marked.answered ? 'alive' : 'asked';
          assert.equal(read.state, protocol === 'udp' ? datagrams : expected);
          const elsewhere = { ...sought, sources: new Set<Address>() };
          assert.equal(readEntry(body, elsewhere), undefined);
          const otherPort = [{ protocol, first: one.ports[1] + 1, last: 65_536 }];
          assert.equal(readEntry(body, { ...sought, ports: otherPort }), undefined);
          // The name goes back to the kernel as it came.
          const named = readAttributes(viewOf(renderConntrackDelete(one.source, read.ends.name)), 4);
          assert.deepEqual([...named.keys()], [1, 12]);
        },
      ),
      seeded(t, { numRuns: 1000 }),
    );
  });

  test('damaged or arbitrary: no throw, and what is read is whole', (t) => {
    const hostile = fc.oneof(damaged(entries), fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(hostile, fc.constantFrom(4, 6), (bytes, family) => {
        const read = readEntry(viewOf(bytes), { ...ANY, sources: family });
        if (read === undefined) return;
        assert.equal(read.source.includes(':'), family === 6);
        for (const text of [read.source, read.ends.local, read.ends.remote])
          assert.notEqual(parseAddress(text), undefined);
        for (const one of [read.port, read.ends.localPort, read.ends.remotePort])
          assert.ok(Number.isInteger(one) && one >= 0 && one <= 65_535);
      }),
      seeded(t, { numRuns: 5000 }),
    );
  });
});

describe('answers of the kernel', () => {
  test('of several requests in one: only what answers ours', (t) => {
    const message = fc.tuple(
      fc.constantFrom(256, 2, 3),
      fc.constantFrom(SEQUENCE, 6),
      fc.boolean(),
      fc.nat(40),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), (list) => {
        const bytes = Buffer.concat(
          list.map(([type, sequence, interrupted, errno]) => {
            const body = Buffer.alloc(8);
            body.writeInt32LE(-errno);
            return renderMessage(type, interrupted ? 0x10 : 0, sequence, body);
          }),
        );
        const ours = list.filter(([, sequence]) => sequence === SEQUENCE);
        const ends = ours.filter(([type]) => type !== 256);
        const answer = readAnswer(bytes, SEQUENCE);
        assert.equal(answer.bodies.length, ours.length - ends.length);
        assert.equal(answer.done, ends.length > 0);
        assert.equal(answer.errno, ends.at(-1)?.[3] ?? 0);
        assert.equal(
          answer.interrupted,
          ours.some(([, , interrupted]) => interrupted),
        );
      }),
      seeded(t, { numRuns: 1000 }),
    );
  });

  test('damaged or arbitrary: neither a throw nor a hang, nor more bodies than there is room for', (t) => {
    const whole = entries.map((body) => renderMessage(256, 0, SEQUENCE, body));
    const hostile = fc.oneof(damaged(whole), fc.uint8Array({ maxLength: 4096 }));
    fc.assert(
      fc.property(hostile, (bytes) => {
        const { bodies, errno } = readAnswer(bytes, SEQUENCE);
        assert.ok(bodies.length <= bytes.length / 16 && errno >= 0);
        for (const body of bodies) assert.ok(readAttributes(body).size <= body.byteLength / 4);
      }),
      seeded(t, { numRuns: 5000 }),
    );
  });
});

describe('questions', () => {
  test('one for each family of the sources, whatever is sought', (t) => {
    const ranges = fc.array(
      fc.tuple(fc.constantFrom('tcp', 'udp'), port, port).map(([protocol, a, b]) => ({
        protocol: protocol as Protocol,
        first: Math.min(a, b),
        last: Math.max(a, b),
      })),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(fc.array(address, { maxLength: 4 }), ranges, (list, ports) => {
        const queries = renderQueries({ sources: new Set(list), ports });
        const families = new Set(list.map((text) => (text.includes(':') ? 10 : 2)));
        assert.deepEqual(new Set(queries.map((query) => query[0])), families);
        assert.equal(queries.length, families.size);
        // An IPv6 address is never asked for.
        for (const query of queries.filter(([family]) => family === 10)) {
          const tuple = readAttributes(viewOf(query), 4).get(1);
          assert.ok(tuple === undefined || !readAttributes(tuple).has(1));
        }
      }),
      seeded(t, { numRuns: 1000 }),
    );
  });

  test('a socket that is listed, whole or damaged: its ends, those of IPv4 as such', (t) => {
    fc.assert(
      fc.property(
        address,
        address,
        port,
        port,
        fc.uint8Array({ maxLength: 90 }),
        (local, remote, a, b, noise) => {
          fc.pre(local.includes(':') === remote.includes(':'));
          const id = renderSocketRequest({ local, localPort: a, remote, remotePort: b }).subarray(8);
          const family = local.includes(':') ? 10 : 2;
          const body = viewOf(Buffer.concat([Uint8Array.of(family, 1, 0, 0), id]));
          const plain = (text: Address): string => text.replace(/^::ffff:(?=\d+\.)/, '');
          assert.deepEqual(readEnds(body), {
            local: plain(local),
            localPort: a,
            remote: plain(remote),
            remotePort: b,
          });
          const hostile = readEnds(viewOf(noise));
          assert.equal(hostile === undefined, noise.length < 52);
          if (hostile !== undefined) assert.notEqual(parseAddress(hostile.local), undefined);
        },
      ),
      seeded(t, { numRuns: 1000 }),
    );
  });

  test('for a socket: the one of the connection, and never the one that listens', () => {
    const ends = {
      local: '10.7.0.1' as Address,
      localPort: 22,
      remote: '10.7.0.2' as Address,
      remotePort: 40_000,
    };
    // struct inet_diag_msg begins with family, state, timer and retrans; the request's id stands 8 bytes in.
    const answer = (state: number, remotePort = ends.remotePort): DataView => {
      const id = renderSocketRequest({ ...ends, remotePort }, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
      return viewOf(Buffer.concat([Uint8Array.of(2, state, 0, 0), id.subarray(8), new Uint8Array(20)]));
    };
    assert.deepEqual(readCookie(answer(1), ends), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    assert.equal(readCookie(answer(10), ends), undefined, 'it listens');
    assert.equal(readCookie(answer(1, 0), ends), undefined, 'another one');
    assert.equal(readCookie(viewOf(new Uint8Array(51)), ends), undefined, 'cut short');
  });
});
