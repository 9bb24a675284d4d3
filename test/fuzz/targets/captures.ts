import assert from 'node:assert/strict';
import { Rehearsal } from '../../../src/app/rehearsal/rehearsal.ts';
import { renderOutcome } from '../../../src/app/rehearsal/rehearsal-sink.ts';
import { stamp } from '../../../src/app/rehearsal/replay.ts';
import { AttemptEngine } from '../../../src/core/attempt/attempt-engine.ts';
import {
  type CaptureDamage,
  type CapturedPacket,
  MAX_CAPTURED_LENGTH,
} from '../../../src/core/packet/capture-record.ts';
import { captureReader, readCaptureFile } from '../../../src/core/packet/read-capture-file.ts';
import { readLink } from '../../../src/core/packet/read-link.ts';
import { door } from '../../unit/attempt/knocks.ts';
import { readCorpus } from '../corpus.ts';
import { judgeLine } from '../judge-line.ts';
import type { Target } from '../target.ts';

/** No record is shorter than a pcapng block. */
const SHORTEST_RECORD = 12;

/** Whole files of captured packets, as `--read` is given them by anybody. */
export function capturesTarget(): Target {
  const doors = [door('ssh', '7000,8000,9000'), door('web', '7000:udp,8000:udp')];
  const engine = new AttemptEngine(doors, [1, 2], { attempts: 64, recentPackets: 64 });
  return {
    name: 'captures',
    share: 10,
    material: { corpus: readCorpus('captures'), tokens: CAPTURE_TOKENS, maxBytes: 65_536 },
    take: (bytes, length) => take(bytes.slice(0, length), engine),
    allocates: true,
    close: () => undefined,
  };
}

function take(file: Uint8Array, engine: AttemptEngine): void {
  const items = [...readCaptureFile(file)];
  assert.ok(items.length <= file.length / SHORTEST_RECORD + 1, `${items.length} items`);
  for (const [i, item] of items.entries()) judge(item, file, i === items.length - 1);
  assert.equal(stepsOfWindows(file), items.filter(({ kind }) => kind === 'packet').length);
  const rehearsal = new Rehearsal(engine, true, () => engine.doors.filter((one) => one !== undefined), {
    outcome: (outcome, at) => judgeLine(`[${stamp(at)}] ${renderOutcome(outcome)}`),
    finish: ({ packets }) => judgeLine(`${packets} packets`),
  });
  for (const item of items) if (item.kind === 'packet') rehearsal.offer(item);
  rehearsal.finish();
  assert.equal(engine.pending, 0, 'attempts after the last packet');
}

function judge(item: CapturedPacket | CaptureDamage, file: Uint8Array, isLast: boolean): void {
  if (item.kind === 'damaged') {
    assert.ok(isLast, 'nothing follows damage');
    assert.ok(item.offset >= 0 && item.offset <= file.length, `damage at ${item.offset}`);
    judgeLine(item.reason);
    return;
  }
  assert.ok(Number.isFinite(item.time), `time ${item.time}`);
  assert.ok(item.nanoseconds >= 0 && item.nanoseconds < 1e9, `${item.nanoseconds} ns`);
  assert.ok(item.bytes.length <= Math.min(file.length, MAX_CAPTURED_LENGTH), `${item.bytes.length} bytes`);
  assert.equal(item.bytes.buffer, file.buffer, 'a part of the file, not a copy');
  if (item.interfaceName !== undefined) judgeLine(item.interfaceName);
  const offset = readLink(item.linkType, item.bytes);
  assert.ok(offset === -1 || (offset >= 0 && offset < item.bytes.length), `a packet at ${offset}`);
}

/** Packets read as from a pipe: each record alone, its bytes only as far as the reader has asked for them. */
function stepsOfWindows(file: Uint8Array): number {
  const reader = captureReader(file.subarray(0, 4));
  let packets = 0;
  let present = 0;
  for (let at = 0; reader !== undefined && at < file.length; ) {
    const step = reader.read(file.subarray(at, at + present), 0);
    if (step.kind === 'broken') break;
    if (step.kind === 'short') {
      assert.ok(step.needed > present, `${step.needed} bytes wanted where there are ${present}`);
      if (at + step.needed > file.length) break;
      present = step.needed;
      continue;
    }
    assert.ok(step.length > 0 && step.length <= present, `a record of ${step.length} bytes`);
    if (step.kind === 'packet') packets++;
    at += step.length;
    present = 0;
  }
  return packets;
}

export const CAPTURE_TOKENS = [
  'a1b2c3d4',
  'd4c3b2a1',
  '4d3cb2a1',
  '0a0d0d0a',
  '4d3c2b1a',
  '1a2b3c4d',
  '0100000014000000',
  '0600000020000000',
  '0300000010000000',
  '0900010006000000',
  '02000400657468e280a8',
  '0e000800ffffffffffffff7f',
  '71000000',
  '14010000',
  'ffffffff',
  '00000400',
  '00000001',
].map((digits) => Uint8Array.from(Buffer.from(digits, 'hex')));
