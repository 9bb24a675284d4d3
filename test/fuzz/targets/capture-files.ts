import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CaptureDamage, CapturedPacket } from '../../../src/core/packet/capture-record.ts';
import { captureReader, readCaptureFile } from '../../../src/core/packet/read-capture-file.ts';
import { CaptureFileError, openCaptureFile } from '../../../src/host/capture/open-capture-file.ts';
import { makeScratch, readCorpus } from '../corpus.ts';
import { judgeLine } from '../judge-line.ts';
import type { Target } from '../target.ts';
import { CAPTURE_TOKENS } from './captures.ts';

type Item = CapturedPacket | CaptureDamage;

/** So many at most. */
const MAX_PIECES = 8;

/** Capture files on a disk, and as they come through a pipe, in pieces that end anywhere. */
export function captureFilesTarget(): Target {
  const directory = makeScratch();
  const file = path.join(directory, 'capture');
  const pipe = path.join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return {
    name: 'capture-files',
    share: 5,
    material: { corpus: readCorpus('captures'), tokens: CAPTURE_TOKENS, maxBytes: 65_536 },
    take: (bytes, length) => take(bytes.slice(0, length), file, pipe),
    allocates: true,
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** They say the same as the reader of whole files does, or why they cannot be read. */
async function take(bytes: Uint8Array, file: string, pipe: string): Promise<void> {
  const expected = captureReader(bytes) === undefined ? undefined : [...readCaptureFile(bytes)].map(spell);
  await writeFile(file, bytes);
  assert.deepEqual(await read(file), expected);
  const [piped] = await Promise.all([read(pipe), feed(pipe, bytes)]);
  assert.deepEqual(piped, expected);
}

async function read(file: string): Promise<string[] | undefined> {
  const items: string[] = [];
  try {
    const capture = await openCaptureFile(file);
    for await (const item of capture.packets()) items.push(spell(item));
    return items;
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    judgeLine(error.message);
    assert.ok(error.message.includes(file), error.message);
    return undefined;
  }
}

/** Whoever reads may have had enough before the end. */
async function feed(pipe: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(pipe, 'w');
  try {
    const piece = Math.max(1, Math.ceil(bytes.length / MAX_PIECES));
    for (let at = 0; at < bytes.length; at += piece) await handle.write(bytes.subarray(at, at + piece));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  } finally {
    await handle.close();
  }
}

function spell(item: Item): string {
  if (item.kind === 'damaged') return `${item.offset}: ${item.reason}`;
  const { time, nanoseconds, linkType, interfaceName, bytes } = item;
  return `${time} ${nanoseconds} ${linkType} ${interfaceName} ${Buffer.from(bytes).toString('base64')}`;
}
