import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeoutSeconds } from '../../../src/core/iptables/ipset-limits.ts';
import { millis } from '../../../src/core/net/time.ts';

test('a timeout is whole seconds, never for ever, never more than ipset counts', () => {
  assert.deepEqual(
    [0.1, 1000, 1001, 1e15].map((left) => timeoutSeconds(millis(left))),
    [1, 1, 2, 2_147_483],
  );
});
