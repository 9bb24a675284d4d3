import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { getSystemErrorMessage } from 'node:util';
import type { CaptureDamage, CapturedPacket, CaptureReader } from '../../core/packet/capture-record.ts';
import { CAPTURE_MAGIC_LENGTH, captureReader, cutOff } from '../../core/packet/read-capture-file.ts';

/** A capture file that cannot be opened or read, or is not one. The message says which file and why. */
export class CaptureFileError extends Error {
  override readonly name = 'CaptureFileError';
}

/** An open pcap or pcapng file. */
export interface CaptureFile {
  /** Yields each packet once, as it arrives. A last value says where the file is damaged. */
  packets(): AsyncGenerator<CapturedPacket | CaptureDamage, void, undefined>;
}

const STANDARD_INPUT = '-';

/** A file is read in pieces of this many bytes, whatever its size. */
const PIECE = 1024 * 1024;

/** Opens a capture file, or standard input for `-`, and checks its format. */
export async function openCaptureFile(path: string): Promise<CaptureFile> {
  const subject = path === STANDARD_INPUT ? 'standard input' : path;
  const source = new Source(subject, openStream(path));
  await source.fill(CAPTURE_MAGIC_LENGTH);
  const reader = captureReader(source.window);
  if (reader === undefined) {
    const error = notACapture(subject, source.window);
    await source.close();
    throw error;
  }
  return { packets: () => readPackets(source, reader) };
}

function openStream(path: string): Readable {
  if (path !== STANDARD_INPUT) return createReadStream(path, { highWaterMark: PIECE });
  if (process.stdin.isTTY) {
    throw new CaptureFileError('standard input is a terminal: pipe a capture into it, or name a file');
  }
  return process.stdin;
}

async function* readPackets(
  source: Source,
  reader: CaptureReader,
): AsyncGenerator<CapturedPacket | CaptureDamage, void, undefined> {
  try {
    yield* readSteps(source, reader);
  } finally {
    await source.close();
  }
}

async function* readSteps(
  source: Source,
  reader: CaptureReader,
): AsyncGenerator<CapturedPacket | CaptureDamage, void, undefined> {
  let at = 0;
  for (;;) {
    const step = reader.read(source.window, at);
    if (step.kind === 'broken') {
      yield { kind: 'damaged', offset: source.offset + at, reason: step.reason };
      return;
    }
    if (step.kind === 'short') {
      source.drop(at);
      at = 0;
      if (await source.fill(step.needed)) continue;
      const rest = source.window.length;
      if (rest > 0) yield cutOff(source.offset, rest, step.needed);
      return;
    }
    if (step.kind === 'packet') yield step.packet;
    at += step.length;
  }
}

/**
 * A window of the file, always long enough for the current record. BOUNDED: by the longest record that a reader
 * requests (MAX_BLOCK_LENGTH) and one piece. Its bytes do not change once they are read.
 */
class Source {
  /** Offset of the window in the file. */
  offset = 0;
  window: Uint8Array = new Uint8Array(0);
  readonly #subject: string;
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #isClosed = false;

  constructor(subject: string, stream: Readable) {
    this.#subject = subject;
    this.#stream = stream;
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  /** Drops the first `length` bytes. */
  drop(length: number): void {
    this.window = this.window.subarray(length);
    this.offset += length;
  }

  /** Makes the window at least `length` bytes long. False: the file ends before. */
  async fill(length: number): Promise<boolean> {
    const pieces = this.window.length === 0 ? [] : [this.window];
    let present = this.window.length;
    while (present < length) {
      const piece = await this.#next();
      if (piece === undefined) break;
      pieces.push(piece);
      present += piece.length;
    }
    const [only] = pieces;
    this.window = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
    return present >= length;
  }

  async close(): Promise<void> {
    this.window = new Uint8Array(0);
    this.#isClosed = true;
    this.#stream.destroy();
    if (!this.#stream.closed) await once(this.#stream, 'close');
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#isClosed) return undefined;
    try {
      const { done, value } = await this.#pieces.next();
      return done === true ? undefined : value;
    } catch (error) {
      throw new CaptureFileError(`cannot read the capture file ${this.#subject}: ${explain(error)}`);
    }
  }
}

function notACapture(subject: string, head: Uint8Array): CaptureFileError {
  if (head.length === 0) return new CaptureFileError(`${subject} is empty: not a capture file`);
  const bytes = [...head.subarray(0, CAPTURE_MAGIC_LENGTH)].map((byte) => byte.toString(16).padStart(2, '0'));
  const remedy =
    head[0] === 0x1f && head[1] === 0x8b
      ? 'it is compressed: unpack it with gunzip first'
      : 'a pcap file begins with d4 c3 b2 a1, a pcapng file with 0a 0d 0d 0a; `tcpdump -w` writes them';
  return new CaptureFileError(
    `${subject} is not a capture file: it begins with ${bytes.join(' ')} (${remedy})`,
  );
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { errno, code } = error as NodeJS.ErrnoException;
  return errno === undefined || code === undefined
    ? error.message
    : `${getSystemErrorMessage(errno)} (${code})`;
}
