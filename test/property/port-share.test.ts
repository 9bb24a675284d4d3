/** The share of the ports that are decoys has no long gaps, against counting them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawShare, isInShare, longestGap, MAX_SHARE_GAP } from '../../src/core/decoy/port-share.ts';

const PORTS = 65_536;

/** Around the circle, from the first port of the share. */
function countedGap(multiplier: number): number {
  const share = { multiplier, offset: 0 };
  let [longest, gap] = [0, 0];
  for (let port = 1; port <= PORTS; port++) {
    gap = isInShare(share, port % PORTS) ? 0 : gap + 1;
    longest = Math.max(longest, gap);
  }
  return Math.min(longest, MAX_SHARE_GAP + 1);
}

test('longestGap is the longest one counted, for every 101st of the odd multipliers', () => {
  for (let multiplier = 1; multiplier < PORTS; multiplier += 202)
    assert.equal(longestGap({ multiplier, offset: 0 }), countedGap(multiplier), `${multiplier}`);
});

test('a share that is drawn keeps the limit, and has a quarter of the ports', () => {
  for (let i = 0; i < 10; i++) {
    const share = drawShare([Math.imul(i, 0x9e3779b9), Math.imul(i, 0x85ebca6b)]);
    assert.ok(countedGap(share.multiplier) <= MAX_SHARE_GAP);
    const ports = Array.from({ length: PORTS }, (_, port) => port).filter((port) => isInShare(share, port));
    assert.equal(ports.length, PORTS / 4);
  }
});
