// Clients that send a knock several times, and clients whose packets are always the same, in generated patterns.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../lab/seed.ts';
import { door, type Knock, TestEngine } from '../unit/attempt/knocks.ts';

/** Few, so that the doors of a host have some in common. */
const STEP = fc.tuple(fc.integer({ min: 7000, max: 7005 }), fc.constantFrom('', ':udp'));
const TIMEOUT = 60_000;

/** The same knock twice in a row is no repeat: it is the next one. */
const SEQUENCE = fc
  .array(
    STEP.map(([port, protocol]) => `${port}${protocol}`),
    { minLength: 2, maxLength: 6 },
  )
  .filter((steps) => steps.every((step, at) => step !== steps[at - 1]));

/** What follows a right knock: another socket, or a copy of a packet, each so many milliseconds later. */
const MORE = fc.array(
  fc.record({
    kind: fc.constantFrom('socket' as const, 'copy' as const),
    gap: fc.integer({ min: 0, max: 900 }),
  }),
  { maxLength: 5 },
);

describe('whatever a client sends again behind a right knock, and however often', () => {
  test('the door opens once, at its last knock, beside doors that have the same ports', (t) => {
    const client = fc.record({
      steps: SEQUENCE,
      more: fc.array(MORE, { minLength: 6, maxLength: 6 }),
      others: fc.array(SEQUENCE, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(client, ({ steps, more, others }) => {
        const doors = others.map((sequence, n) => door(`other-${n}`, sequence.join(), { timeout: TIMEOUT }));
        const engine = new TestEngine([door('door', steps.join(), { timeout: TIMEOUT }), ...doors]);
        let sent = 0;
        let at = 0;
        const opened: number[] = [];
        const send = (knock: Omit<Knock, 'at'>, step: number): void => {
          const said = engine.offer({ ...knock, at });
          if (said.includes(`10.0.0.1 door completed ${steps.length}`)) opened.push(step);
        };
        for (const [step, port] of steps.entries()) {
          const fresh = (): Omit<Knock, 'at'> => ({ port, sourcePort: 40_000 + ++sent, identity: sent });
          let last = fresh();
          send(last, step);
          for (const { kind, gap } of more[step] ?? []) {
            at += gap;
            if (kind === 'socket') last = fresh();
            send(last, step);
          }
          at += 1;
        }
        assert.deepEqual(opened, [steps.length - 1]);
      }),
      seeded(t, { numRuns: 2000 }),
    );
  });
});

describe('a client whose packets are always the same', () => {
  test('opens once in every seq_timeout, whatever its pace, its ports and their number', (t) => {
    const RUN_MS = 60_000;
    const SLOWEST = 200;
    const client = fc.record({
      ports: fc.uniqueArray(fc.integer({ min: 7000, max: 7999 }), { minLength: 2, maxLength: 5 }),
      timeout: fc.integer({ min: 1500, max: 15_000 }),
      waits: fc.array(fc.integer({ min: 20, max: SLOWEST }), { minLength: 1, maxLength: 50 }),
    });
    fc.assert(
      fc.property(client, ({ ports, timeout, waits }) => {
        const engine = new TestEngine([door('ssh', ports.join(), { timeout })]);
        let opened = 0;
        let at = 0;
        for (let sent = 0; at < RUN_MS; sent++) {
          const port = ports[sent % ports.length] ?? 0;
          engine.offer({ port, sourcePort: 20, identity: 0, at });
          opened += engine.completions.length;
          at += waits[sent % waits.length] ?? 0;
        }
        // Of a round it may have missed the beginning, and then takes the next one.
        const least = Math.floor(RUN_MS / (timeout + 2 * ports.length * SLOWEST));
        assert.ok(opened >= least, `${opened} times, not ${least}`);
      }),
      seeded(t, { numRuns: 300 }),
    );
  });
});
