import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Door, sameKnocks } from '../../../src/core/door/door.ts';
import { doorOf } from '../config/config-text.ts';

function door(lines: string): Door {
  const spec = doorOf(`[door]\nsequence = 1,2\n${lines}\n`);
  assert.equal(spec.sequenceSource.kind, 'fixed');
  return { ...spec, sequence: spec.sequenceSource.sequence };
}

it('an attempt goes on when only what the door does has changed', () => {
  const lines = [
    'open = tcp/22',
    'open = tcp/22\nhold = yes',
    'command = true',
    'cooldown = 5',
    'on_open = true',
  ];
  for (const line of lines) assert.equal(sameKnocks(door(''), door(line)), true, line);
  assert.equal(sameKnocks(door('allow = ::1, ::2'), door('allow = ::2, ::1')), true);
});

it('an attempt ends when other sources may knock', () => {
  assert.equal(sameKnocks(door(''), door('allow = 192.0.2.0/24')), false);
  assert.equal(sameKnocks(door(''), door('deny = 192.0.2.0/24')), false);
  assert.equal(sameKnocks(door('allow = 192.0.2.0/24'), door('allow = 192.0.2.0/25')), false);
});
