import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { LogEvent } from '../../../src/core/event/event.ts';
import { eventFields, renderJsonLine } from '../../../src/core/event/event-fields.ts';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';

const source = parseAddress('192.0.2.7') as Address;

const CASES: readonly (readonly [LogEvent, object])[] = [
  [
    { kind: 'opened', source, door: 'ssh', ports: 'tcp/22', seconds: 60 },
    { event: 'opened', source: '192.0.2.7', door: 'ssh', ports: 'tcp/22', seconds: 60 },
  ],
  [
    { kind: 'command-failed', door: 'ssh', failure: { kind: 'status', status: 3 }, lastErrorLine: 'no' },
    { event: 'command-failed', door: 'ssh', failure: 'status', status: 3, lastErrorLine: 'no' },
  ],
  [
    { kind: 'interface', change: { kind: 'address-added', name: 'eth0', address: source } },
    { event: 'interface', change: 'address-added', name: 'eth0', address: '192.0.2.7' },
  ],
  [{ kind: 'error', text: 'wrong' }, { event: 'error' }],
];

describe('an event as values', () => {
  for (const [event, fields] of CASES) {
    test(event.kind, () => assert.deepEqual(eventFields(event), fields));
  }

  test('the name of a host stands beside its address', () => {
    assert.equal(eventFields({ kind: 'completed', source, door: 'a' }, 'h.example').hostName, 'h.example');
  });

  test('whatever a text contains, a JSON line is one line, and says the same', () => {
    const seed = Date.now() | 0;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (door, reason) => {
        const event: LogEvent = { kind: 'refused', source, door, reason };
        const line = renderJsonLine('2026-11-22T20:00:00.000Z', 'warning', 'text', eventFields(event));
        assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}]/u);
        assert.equal(JSON.parse(line).event, 'refused');
        assert.equal(JSON.parse(line).message, 'text');
      }),
      { seed },
    );
  });
});
