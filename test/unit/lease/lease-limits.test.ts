// What bounds leases, and what a held one costs while its end is far.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import type { DoorSpec } from '../../../src/core/door/door.ts';
import { CommandRuns, MAX_COOLING } from '../../../src/core/lease/command-runs.ts';
import { HOLD_MS } from '../../../src/core/lease/extend-lease.ts';
import type { LeaseId } from '../../../src/core/lease/lease.ts';
import type { LeaseEffect } from '../../../src/core/lease/lease-effect.ts';
import { LeaseMachine } from '../../../src/core/lease/lease-machine.ts';
import { type Instant, instant, millis } from '../../../src/core/net/time.ts';
import { address, door } from '../attempt/knocks.ts';
import { completion } from './leases.ts';

const HOUR = 3_600_000;
const ID = 'lease' as LeaseId;

function heldDoor(): DoorSpec {
  const text = '[ssh]\nsequence = 7000,8000\nopen = tcp/22\nopen_for = 3600\nhold = yes\n';
  const result = parseConfig('test', new TextEncoder().encode(text));
  if (result.kind === 'bad') throw new Error(JSON.stringify(result.diagnostics));
  return result.config.doors[0] as DoorSpec;
}

/** A lease of an hour that is open, and what the machine does about it. */
function openHeld(): { machine: LeaseMachine; take: LeaseMachine['apply'] } {
  const machine = new LeaseMachine(10);
  const take = machine.apply.bind(machine);
  const openRequest = { ...completion('ssh', '10.0.0.1'), door: heldDoor() } as never;
  const at = instant(0);
  const common = { isBanned: false, hasRoom: true, closesByItself: true };
  take({ kind: 'open', openRequest, ticket: 1, id: ID, ...common }, at);
  take({ kind: 'ports-open', id: ID }, at);
  take({ kind: 'recorded', id: ID }, at);
  assert.equal(machine.entry(ID)?.state.at, 'open');
  return { machine, take };
}

const kinds = (effects: readonly LeaseEffect[]): string[] => effects.map((effect) => effect.do);

describe('hold', () => {
  test('leaves a lease alone whose end is far: it stays as long as it was made', () => {
    const { machine, take } = openHeld();
    for (let at = 1000; at < HOUR - HOLD_MS / 2; at += 60_000) {
      assert.deepEqual(take({ kind: 'connection', id: ID, lives: true }, instant(at)), [], `after ${at} ms`);
    }
    assert.equal(machine.entry(ID)?.lease.due, HOUR);
  });

  test('sets its end later when that is near', () => {
    const { machine, take } = openHeld();
    const near = instant(HOUR - 1000);
    const done = kinds(take({ kind: 'connection', id: ID, lives: true }, near));
    assert.deepEqual(done, ['report', 'extend-ports', 'move-end']);
    assert.equal(machine.entry(ID)?.lease.due, near + HOLD_MS);
  });
});

test('a door has as many leases as max_leases says, and not one more', () => {
  const machine = new LeaseMachine(1000);
  const few = { ...completion('ssh', '10.0.0.1') };
  const common = { kind: 'open', isBanned: false, hasRoom: true, closesByItself: false } as const;
  for (let n = 1; n <= 5; n++) {
    const openRequest = {
      ...few,
      door: { ...heldDoor(), maxLeases: 3 },
      source: address(`10.0.0.${n}`),
    } as never;
    const effects = machine.apply({ ...common, openRequest, ticket: n, id: `${n}` as LeaseId }, instant(0));
    assert.equal(machine.size, Math.min(n, 3));
    if (n > 3) assert.deepEqual(kinds(effects).includes('record'), false);
  }
});

test('the sources that a cooldown keeps waiting are bounded: the first is let go before its time', () => {
  const runs = new CommandRuns();
  const spec: DoorSpec = { ...door('ssh', '1'), cooldown: millis(HOUR) };
  const source = (n: number) => address(`10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}`);
  const request = (n: number, now: Instant): string => {
    const decision = runs.request(spec, source(n), now, true);
    if (decision === 'run') runs.ended(spec.name, source(n));
    return decision;
  };
  for (let n = 0; n < MAX_COOLING; n++) assert.equal(request(n, instant(n)), 'run');
  assert.equal(request(0, instant(MAX_COOLING)), 'cooling');
  assert.equal(request(MAX_COOLING, instant(MAX_COOLING)), 'run');
  assert.equal(request(0, instant(MAX_COOLING)), 'run', 'the first has been let go');
  assert.equal(request(MAX_COOLING, instant(MAX_COOLING)), 'cooling');
});
