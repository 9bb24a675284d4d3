import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Steps } from '../../src/core/attempt/steps.ts';
import type { Door } from '../../src/core/door/door.ts';
import { type Address, familyOf } from '../../src/core/net/address.ts';
import { seeded } from '../lab/seed.ts';
import { address, door, TestEngine } from '../unit/attempt/knocks.ts';
import { AttemptModel, type ModelPacket, say } from './attempt-model.ts';

const SOURCES = ['10.0.0.1', '10.0.0.2', 'fd00::1', '::a00:1', '10.1.0.1', '10.1.0.2', '10.1.0.3'].map(
  address,
);
const DESTINATIONS: readonly Address[] = ['10.0.0.254', '192.0.2.1', 'fd00::254'].map(address);
const RULES = [
  { mask: 0, value: 0 },
  { mask: 0, value: 0 },
  { mask: 2, value: 2 },
  { mask: 18, value: 2 },
];

const port = fc.constantFrom('1', '2', '3', '4', '1:udp', '2:udp');
const doorShape = fc.record({
  sequence: fc.array(port, { minLength: 1, maxLength: 5, size: 'max' }),
  timeout: fc.constantFrom(0, 50, 200, 1000),
  flags: fc.constantFrom(...RULES),
  target: fc.option(fc.constantFrom(...DESTINATIONS), { freq: 5, nil: undefined }),
});
const doorSet = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), doorShape), {
    maxLength: 5,
    size: 'max',
    selector: ([name]) => name,
  })
  .map((doors) =>
    doors.map(([name, { sequence, timeout, flags, target }]) =>
      door(name, sequence.join(','), { timeout, flags, ...(target === undefined ? {} : { target }) }),
    ),
  );

/** How far the clock moves on: mostly a little, sometimes over the end of an attempt, seldom by a jump or back. */
const pace = (steady: boolean) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.nat({ max: 30 }) },
    { weight: 2, arbitrary: fc.constantFrom(0, 50, 51, 200, 201, 1000, 1001) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...(steady ? [65_000, 65_001] : [-1, -20, -60, -300, -100_000, 100_000])),
    },
  );

/** A knock that is the next one of somebody's sequence, or any one. */
const knock = fc.record({
  kind: fc.constant('knock' as const),
  source: fc.constantFrom(...SOURCES),
  /** Which door's next step is taken; beyond the doors, the port below. */
  aim: fc.nat({ max: 7 }),
  port,
  flags: fc.constantFrom(2, 2, 2, 2, 2, 18, 16, 0),
  destination: fc.constantFrom(...['10.0.0.254', '10.0.0.254', '10.0.0.254', '192.0.2.1'].map(address)),
  local: fc.constantFrom(true, true, true, true, false),
  /** Whether it is a packet sent before, by how many. */
  copyOf: fc.option(fc.nat({ max: 6 }), { freq: 6, nil: undefined }),
});
const action = fc.oneof(
  { weight: 30, arbitrary: knock },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('expire' as const), limit: fc.constantFrom(1, 2, 1000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('reload' as const), kept: fc.nat({ max: 63 }), doors: doorSet }),
  },
);

const run = (steady: boolean) =>
  fc.record({
    doors: doorSet,
    capacity: fc.constantFrom(1, 2, 3, 5, 100),
    start: fc.constantFrom(0, 1_790_000_000_000.25, 2 ** 32 - 100),
    actions: fc.array(fc.tuple(pace(steady), action), { minLength: 1, maxLength: 120, size: 'max' }),
  });
type Run = { doors: Door[]; capacity: number; start: number; actions: [number, Action][] };
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
type KnockAction = Extract<Action, { kind: 'knock' }>;

/** Plays a run to the engine and to the model, and compares what each says after every action. */
class Rehearsal {
  #doors: readonly Door[];
  readonly #engine: TestEngine;
  readonly #model: AttemptModel;
  readonly #steady: boolean;
  readonly #sent: ModelPacket[] = [];
  completions = 0;

  constructor({ doors, capacity }: Run, steady: boolean) {
    this.#doors = doors;
    this.#engine = new TestEngine(doors, { attempts: capacity, recentPackets: 65_536 });
    this.#model = new AttemptModel(doors, capacity);
    this.#steady = steady;
  }

  take(one: Action, now: number): void {
    if (one.kind === 'knock') this.#knock(one, now);
    else if (one.kind === 'expire') this.#expire(now, one.limit);
    else this.#reload(one.kept, one.doors);
    assert.equal(this.#engine.engine.pending, this.#model.attempts.length);
    this.#compareNextExpiry();
  }

  #knock(one: KnockAction, now: number): void {
    const packet = this.#packet(one);
    this.#sent.push(packet);
    const said = this.#engine.offer({
      port: `${packet.port}:${packet.protocol}`,
      at: now,
      from: packet.source,
      to: packet.destination,
      flags: packet.flags,
      sourcePort: packet.sourcePort,
      identity: packet.identity,
      local: packet.local,
    });
    const evicted = said.filter((line) => line.includes(' evicted '));
    const expected = this.#model.offer(packet, now, evicted);
    // Attempts of other flags stand in another order.
    assert.deepEqual(said.toSorted(), typeof expected === 'string' ? [expected] : expected.toSorted());
    const completed = said.filter((line) => line.includes(' completed '));
    assert.deepEqual(
      this.#engine.completions.map(
        (one) => `${one.source} ${one.door.name} completed ${one.door.sequence.length}`,
      ),
      completed,
    );
    for (const completion of this.#engine.completions) {
      assert.equal(completion.at, now);
      assert.ok(this.#doors.includes(completion.door), 'the door as it is now');
    }
    this.completions += completed.length;
  }

  #packet({ aim, copyOf, destination, ...one }: KnockAction): ModelPacket {
    const earlier = copyOf === undefined ? undefined : this.#sent.at(-1 - copyOf);
    if (earlier !== undefined) return earlier;
    const aimed = this.#doors[aim];
    const pending = this.#model.attempts.find(
      ({ door, source }) => door.name === aimed?.name && source === one.source,
    );
    const step = aimed?.sequence[pending?.stage ?? 0];
    const [number, protocol = 'tcp'] = one.port.split(':');
    const serial = this.#sent.length;
    return {
      source: one.source,
      destination: familyOf(one.source) === 6 ? address('fd00::254') : destination,
      local: one.local,
      protocol: step?.protocol ?? (protocol === 'udp' ? 'udp' : 'tcp'),
      port: step?.port ?? Number(number),
      sourcePort: 1024 + (serial % 4),
      flags: (step?.protocol ?? protocol) === 'udp' ? 0 : one.flags,
      identity: serial,
    };
  }

  /** With a clock that runs evenly, exactly what is late has gone; else some may wait behind one that is not. */
  #expire(now: number, limit: number): void {
    const steps = new Steps();
    const late = this.#model.attempts.filter((attempt) => this.#model.isLate(attempt, now));
    const more = this.#engine.engine.expire(now, limit, steps);
    assert.ok(steps.count <= limit);
    for (let i = 0; i < steps.count; i++) {
      const name = this.#engine.engine.doors[steps.door(i)]?.name;
      const said = `${steps.source(i)} ${name} expired ${steps.stage(i)}`;
      // The oldest of its door that is late, in the order of the list.
      const gone = late.find(
        (attempt) => attempt.door.name === name && this.#model.attempts.includes(attempt),
      );
      assert.equal(gone === undefined ? 'nothing is late' : say(gone, 'expired'), said);
      if (gone !== undefined) this.#model.remove(gone);
    }
    if (!this.#steady) return;
    assert.equal(steps.count, Math.min(limit, late.length));
    assert.equal(more, late.length > limit);
  }

  /** Some doors stay as they are, by the bits of `kept`; the others of a name are replaced by the new ones. */
  #reload(kept: number, doors: readonly Door[]): void {
    const staying = this.#doors.filter((_, i) => (kept & (1 << i)) !== 0);
    const coming = doors.filter(({ name }) => !staying.some((one) => one.name === name));
    // A door that stays is read from the file again: it is another object.
    this.#doors = [...coming, ...staying.map((one) => ({ ...one }))];
    this.#engine.engine.replaceDoors(this.#doors);
    const numbered = this.#engine.engine.doors.filter((one) => one !== undefined);
    assert.deepEqual(new Set(numbered), new Set(this.#doors));
    // Doors are told of a knock in the order of their numbers, which are the engine's to give.
    this.#model.replaceDoors(numbered);
  }

  #compareNextExpiry(): void {
    const ends = this.#model.attempts.map(({ start, door }) => start + door.seqTimeout);
    const next = this.#engine.engine.nextExpiry();
    if (this.#steady) assert.equal(next, ends.length === 0 ? undefined : Math.min(...ends));
    else assert.ok(next === undefined ? ends.length === 0 : ends.includes(next));
  }
}

describe('the engine does what the model does', () => {
  for (const steady of [true, false]) {
    test(`with a clock that ${steady ? 'runs evenly' : 'jumps'}`, (t) => {
      let completions = 0;
      const property = fc.property(run(steady), (one) => {
        const rehearsal = new Rehearsal(one, steady);
        let now = one.start;
        for (const [pause, action] of one.actions) {
          now += pause;
          rehearsal.take(action, now);
        }
        completions += rehearsal.completions;
      });
      const parameters = seeded(t, { numRuns: 1000 });
      fc.assert(property, parameters);
      t.diagnostic(`${completions} completions`);
      assert.ok(completions > parameters.numRuns, `${completions} completions are too few to prove anything`);
    });
  }
});
