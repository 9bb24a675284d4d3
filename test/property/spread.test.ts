// Knocks of one sequence that land on different gateways, beside one gateway that has them all.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AttemptEngine } from '../../src/core/attempt/attempt-engine.ts';
import { WATCHED } from '../../src/core/attempt/offer.ts';
import { ScanGuard, type ScanPolicy } from '../../src/core/attempt/scan-guard.ts';
import { Steps } from '../../src/core/attempt/steps.ts';
import { DecoyPorts } from '../../src/core/decoy/decoy-ports.ts';
import { EXAMPLE_SHARE } from '../../src/core/decoy/port-share.ts';
import type { Door } from '../../src/core/door/door.ts';
import { HitMemory } from '../../src/core/fleet/spread/hit-memory.ts';
import { judgeSpread } from '../../src/core/fleet/spread/judge-spread.ts';
import type { SpreadObservation } from '../../src/core/fleet/spread/spread-hit.ts';
import type { Address } from '../../src/core/net/address.ts';
import { Packet } from '../../src/core/packet/packet.ts';
import { seeded } from '../lab/seed.ts';
import { address, door, type Knock, readKnock } from '../unit/attempt/knocks.ts';

const SECRET = [0x1357_9bdf, 0x2468_ace0] as const;
const LIMITS = { attempts: 100, recentPackets: 4096 };
const NOWHERE = { first: 0, last: 0 };

/** One host that takes knocks: the engine, the guard, and what it tells others. */
class Gateway {
  readonly engine: AttemptEngine;
  readonly steps = new Steps();
  readonly #guard = new ScanGuard(4096, SECRET);
  readonly #memory = new HitMemory(1024, SECRET);
  readonly #packet = new Packet();

  constructor(doors: readonly Door[], policy: ScanPolicy | undefined) {
    this.#guard.follow(policy);
    this.engine = new AttemptEngine(doors, SECRET, LIMITS, this.#guard);
  }

  take(knock: Knock, serial: number): void {
    const packet = readKnock(knock, this.#packet, serial);
    const local = knock.local ?? true;
    if (this.engine.watches(packet) === WATCHED.knockPort) this.#memory.add(packet, local, knock.at);
    this.engine.offer(packet, local, knock.at, this.steps);
  }

  opens(name: string): boolean {
    return this.steps.completions.some((one) => one.door.name === name);
  }

  observed(source: Address, the: Door, now: number): SpreadObservation {
    readKnock({ port: 1, at: now, from: source }, this.#packet, 0);
    const touch = this.#guard.lastTouch(this.#packet, now);
    return { hits: this.#memory.read(source, the, now), ...(touch === undefined ? {} : { touch }) };
  }
}

const SOURCES = ['198.51.100.7', '198.51.100.8', '2001:db8::7'].map(address);

/** The door that is spread. Its ports may repeat. */
const shape = fc.record({
  sequence: fc.array(fc.constantFrom('7000', '8000', '9000:udp', '7000:udp', '8001'), {
    minLength: 2,
    maxLength: 5,
    size: 'max',
  }),
  timeout: fc.constantFrom(103, 503, 5003),
  flags: fc.constantFrom({ mask: 0, value: 0 }, { mask: 2, value: 2 }, { mask: 18, value: 2 }),
  target: fc.option(fc.constant(address('192.0.2.1')), { freq: 3, nil: undefined }),
});

const sent = fc.record({
  source: fc.constantFrom(SOURCES[0], SOURCES[0], SOURCES[0], ...SOURCES),
  gateway: fc.nat({ max: 3 }),
  /** Mostly the next right one. */
  what: fc.constantFrom(
    ...['next', 'next', 'next', 'next', 'next', 'again', 'other', 'decoy', 'copy', 'far'],
  ),
  pick: fc.nat({ max: 5 }),
  flags: fc.constantFrom(2, 2, 2, 2, 18),
  /** In fives: far apart enough that the order is known. */
  pause: fc.constantFrom(1, 1, 1, 2, 2, 10, 21, 40, 101, 300),
});
const run = fc.record({
  shape,
  gateways: fc.integer({ min: 2, max: 4 }),
  guarded: fc.constantFrom(true, true, false),
  sent: fc.array(sent, { minLength: 4, maxLength: 50, size: 'max' }),
});
type Run = typeof run extends fc.Arbitrary<infer T> ? T : never;
type Sent = typeof sent extends fc.Arbitrary<infer T> ? T : never;

const tally = { opened: 0, spread: 0, refused: 0, withheld: 0 };

/** The packets of a run, in order. */
function* knocksOf(
  the: Run,
  { sequence }: Door,
): Generator<{ one: Sent; knock: Knock; gateway: number; serial: number }> {
  const past: { knock: Knock; gateway: number; serial: number }[] = [];
  const places = new Map<unknown, number>();
  let at = 1_000_000;
  for (const [serial, one] of the.sent.entries()) {
    at += one.pause * 5;
    const earlier = past.at(-1 - one.pick);
    if (one.what === 'copy' && earlier !== undefined) {
      // The same addresses and ports are the same way through the network.
      yield { one, ...earlier, knock: { ...earlier.knock, at } };
      continue;
    }
    const place = places.get(one.source) ?? 0;
    const step = sequence[one.what === 'again' ? Math.max(0, place - 1) : place % sequence.length];
    places.set(one.source, one.what === 'next' ? (place + 1) % sequence.length : place);
    const ports = { other: '4000', decoy: one.pick % 2 === 0 ? '7010' : '8010' } as const;
    const port =
      one.what === 'other' || one.what === 'decoy' ? ports[one.what] : `${step?.port}:${step?.protocol}`;
    const isFar = one.what === 'far';
    const knock: Knock = {
      port,
      at,
      from: one.source as string,
      to: isFar ? '192.0.2.99' : '192.0.2.1',
      local: !isFar,
      flags: one.flags,
      identity: serial + 1,
      sourcePort: 1024 + serial,
    };
    const sentNow = { knock, gateway: one.gateway % the.gateways, serial };
    past.push(sentNow);
    yield { one, ...sentNow };
  }
}

function policyOf(doors: readonly Door[]): ScanPolicy {
  const ports = { served: [], ephemeral: NOWHERE };
  return { decoys: new DecoyPorts(doors, ports, EXAMPLE_SHARE, []), penalty: 60_001 };
}

function compare(the: Run): void {
  const { sequence, ...options } = the.shape;
  const spread = door('spread', sequence.join(','), {
    timeout: options.timeout,
    flags: options.flags,
    ...(options.target === undefined ? {} : { target: options.target }),
  });
  // It is never completed: a right sequence elsewhere is no part of the comparison.
  const other = door('other', '4000,4001,9', { timeout: options.timeout });
  const policy = the.guarded ? policyOf([spread, other]) : undefined;
  const whole = new Gateway([spread, other], policy);
  const parts = Array.from({ length: the.gateways }, () => new Gateway([spread, other], policy));
  const last = spread.sequence.at(-1);
  for (const { knock, gateway, serial } of knocksOf(the, spread)) {
    const part = parts[gateway] as Gateway;
    whole.take(knock, serial);
    part.take(knock, serial);
    if (knock.port !== `${last?.port}:${last?.protocol}`) continue;
    const source = knock.from as Address;
    const own = part.observed(source, spread, knock.at);
    // One that the door does not listen to is nobody's last knock.
    if (own.hits.at(-1)?.age !== 0) continue;
    const others = parts
      .filter((each) => each !== part)
      .map((each) => ({ observed: each.observed(source, spread, knock.at + 3), moment: 3, error: 0 }));
    const verdict = judgeSpread({ door: spread, source, at: knock.at, own, others, policy });
    const opens = whole.opens('spread');
    assert.equal(verdict.kind === 'completed', opens, `packet ${serial} of ${source}: ${verdict.kind}`);
    if (verdict.kind === 'completed') {
      assert.equal(verdict.completion.door, spread);
      assert.equal(verdict.completion.source, source);
      assert.equal(verdict.completion.at, knock.at);
    }
    tally.opened += opens ? 1 : 0;
    tally.spread += opens && !part.opens('spread') ? 1 : 0;
    tally.refused += verdict.kind === 'incomplete' ? 1 : 0;
    tally.withheld += verdict.kind === 'withheld' ? 1 : 0;
  }
}

describe('a sequence whose knocks land on different gateways', () => {
  test('opens exactly when one gateway with all packets would have opened', (t) => {
    fc.assert(fc.property(run, compare), seeded(t, { numRuns: 600 }));
    t.diagnostic(JSON.stringify(tally));
    // Of the rarest there are about 25 in a quick run: a bound near that would fail by chance.
    for (const [what, count] of Object.entries(tally)) assert.ok(count > 0, what);
  });
});

/** One source's knocks at two or three gateways, some of them less than 2 ms apart. */
const close = fc.record({
  sequence: fc.array(fc.constantFrom('7000', '8000', '9000:udp'), {
    minLength: 2,
    maxLength: 4,
    size: 'max',
  }),
  knocks: fc.array(
    fc.record({
      gateway: fc.nat({ max: 2 }),
      what: fc.constantFrom('next', 'next', 'next', 'next', 'skip', 'other'),
      pause: fc.constantFrom(0, 0.5, 1, 1.5, 2, 3, 10),
    }),
    { minLength: 2, maxLength: 6, size: 'max' },
  ),
  swaps: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
});
type Close = typeof close extends fc.Arbitrary<infer T> ? T : never;
type Item = { readonly knock: Knock; readonly gateway: number; readonly serial: number };

/** Every order that keeps those of one gateway, and those that are at least 2 ms apart. */
function* orders(left: readonly Item[], before: readonly Item[] = []): Generator<readonly Item[]> {
  if (left.length === 0) yield before;
  for (const one of left) {
    const isNext = left.every(
      (other) =>
        other.serial === one.serial ||
        (other.gateway === one.gateway ? other.serial > one.serial : one.knock.at - other.knock.at < 2),
    );
    if (isNext)
      yield* orders(
        left.filter((other) => other !== one),
        [...before, one],
      );
  }
}

function closeItems({ knocks, swaps }: Close, { sequence }: Door): Item[] {
  let place = 0;
  const ports = knocks.map(({ what }) => {
    if (what === 'other') return '4000:tcp';
    if (what === 'skip') place += 1;
    const step = sequence[place++ % sequence.length];
    return `${step?.port}:${step?.protocol}`;
  });
  // What the network has put in another order.
  for (const at of swaps) {
    const [a, b] = [ports[at], ports[at + 1]];
    if (a !== undefined && b !== undefined) ports.splice(at, 2, b, a);
  }
  let at = 1000;
  return knocks.map(({ gateway, pause }, serial) => {
    at += pause;
    return { knock: { port: ports[serial] ?? '', at, identity: serial + 1 }, gateway, serial };
  });
}

describe('knocks closer together than 2 ms on different gateways', () => {
  const counts = { opened: 0, otherwise: 0, shut: 0 };

  function compareOrders(the: Close): void {
    const spread = door('spread', the.sequence.join(','), { timeout: 5000 });
    const doors = [spread, door('other', '4000,4001')];
    const items = closeItems(the, spread);
    const last = items.at(-1) as Item;
    const final = spread.sequence.at(-1);
    if (last.knock.port !== `${final?.port}:${final?.protocol}`) return;
    const parts = [0, 1, 2].map(() => new Gateway(doors, undefined));
    for (const { knock, gateway, serial } of items) parts[gateway]?.take(knock, serial);
    const source = address('10.0.0.1');
    const { at } = last.knock;
    const verdict = judgeSpread({
      door: spread,
      source,
      at,
      own: (parts[last.gateway] as Gateway).observed(source, spread, at),
      others: parts
        .filter((_, gateway) => gateway !== last.gateway)
        .map((part) => ({ observed: part.observed(source, spread, at + 3), moment: 3, error: 0 })),
      policy: undefined,
    });
    const opens = (order: readonly Item[]): boolean => {
      const one = new Gateway(doors, undefined);
      for (const { knock, serial } of order) {
        one.take(knock, serial);
        if (serial === last.serial) return one.opens('spread');
      }
      return false;
    };
    const any = [...orders(items)].some(opens);
    assert.equal(verdict.kind === 'completed', any, JSON.stringify(items));
    counts[any ? (opens(items) ? 'opened' : 'otherwise') : 'shut'] += 1;
  }

  test('count in either order, and in no other', (t) => {
    fc.assert(fc.property(close, compareOrders), seeded(t, { numRuns: 1200 }));
    t.diagnostic(JSON.stringify(counts));
    for (const [what, count] of Object.entries(counts)) assert.ok(count > 0, what);
  });
});
