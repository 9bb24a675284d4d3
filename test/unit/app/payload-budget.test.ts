/** What is charged to the budget that all senders of payloads share. */

import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { PayloadLoop, type PayloadLoopParts } from '../../../src/app/daemon/proofs/payload-loop.ts';
import { BanList } from '../../../src/core/ban/ban-list.ts';
import { KnownSources } from '../../../src/core/budget/known-sources.ts';
import type { Address } from '../../../src/core/net/address.ts';
import { type Capture, Frame } from '../../../src/host/capture/capture.ts';
import { threadCpuMs } from '../../../src/host/clock/thread-cpu.ts';
import { payloadFrame } from '../../lab/payload-frame.ts';

const PACKETS = 40;
/** Of each packet: all of them together take more than may be saved up, which is 50 ms. */
const WORK_MS = 3;
/** Between two looks at the clock, of which there are a few for each packet: the budget is hardly filled again. */
const TICK_MS = 0.2;
const ETHERNET = 14;
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' } as const;

/** One packet each from so many sources. */
function captureOf(count: number): Capture {
  const frame = new Frame();
  let sent = 0;
  return {
    setFilter: () => undefined,
    drain: (_, take) => {
      if (sent === count) return 0;
      const to = { source: `192.0.2.${++sent}` as Address, destination: '10.7.0.1' as Address, port: 1 };
      frame.bytes = payloadFrame(to, Uint8Array.of(1), MACS);
      frame.start = ETHERNET;
      frame.end = frame.bytes.length;
      take(frame);
      return 1;
    },
    holds: () => false,
    watch: () => ({ pause: () => undefined, resume: () => undefined, close: () => undefined }),
    counters: () => ({ passed: sent, dropped: 0 }),
    close: () => undefined,
  };
}

function work(): void {
  for (const from = threadCpuMs(); threadCpuMs() - from < WORK_MS; );
}

/** How many packets are judged, each of which is a valid proof or not, while hardly any time passes. */
function judgedOf(isProof: boolean): number {
  let judged = 0;
  const judge: PayloadLoopParts['judge'] = {
    recognizes: () => true,
    isUsed: () => false,
    turnAway: () => undefined,
    judgeUsed: () => undefined,
    judge: () => {
      work();
      judged += 1;
      return isProof;
    },
  };
  const addresses = { sends: () => false, isBroadcast: () => false, has: () => true };
  const topology = { isInward: () => false, entry: (index: number) => index, vlan: () => undefined };
  const loop = new PayloadLoop({
    ...{
      capture: captureOf(PACKETS),
      backlogLimit: PACKETS,
      judge,
      secret: [1, 2],
      bans: new BanList(1, [5, 6]),
    },
    known: new KnownSources(64, [3, 4]),
    interfaces: { addresses, topology, hears: () => true } as unknown as PayloadLoopParts['interfaces'],
    drainOthers: () => undefined,
    isTarget: () => true,
  });
  let now = 1000;
  const clock = mock.method(performance, 'now', () => {
    now += TICK_MS;
    return now;
  });
  try {
    for (let turn = 0; turn < PACKETS; turn++) loop.drainArrived();
  } finally {
    clock.mock.restore();
    loop.stop();
  }
  return judged;
}

suite('the budget for payloads', () => {
  test('valid proofs are not charged: a crowd of users does not wait for it', () => {
    assert.equal(judgedOf(true), PACKETS);
  });

  test('what opens nothing is charged, and ends when the budget is used up', () => {
    const judged = judgedOf(false);
    assert.ok(judged > 1 && judged < PACKETS / 2, `${judged} of ${PACKETS} were judged`);
  });
});
