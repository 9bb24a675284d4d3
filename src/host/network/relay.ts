import { read, write } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const readSome = promisify(read);
const writeSome = promisify(write);

/** BOUNDED: bytes read from the input and not yet written. */
const PIECE_BYTES = 65_536;

/** Another program may have made its end of the terminal or pipe non-blocking; this is the delay before a retry. */
const NOT_YET_MS = 5;

/** EIO: the terminal has gone. EOF: the end of a pipe on Windows. */
const ENDS: ReadonlySet<string | undefined> = new Set(['EIO', 'EOF']);

/** `broken`: what ended it before both ends were done, with the errno's name. */
export type RelayEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'broken'; readonly what: 'connection' | 'input' | 'output'; readonly code: string };

/**
 * Copies bytes from the descriptor `input` to the socket, and from the socket to `output`, each as fast as its reader
 * reads. The end of the input ends only that direction. The descriptors' flags, which other programs may share, stay
 * unchanged. A read of `input` may stay in the thread pool until the process ends.
 */
export async function relay(socket: Socket, input: number, output: number): Promise<RelayEnd> {
  const { promise: failed, resolve: fail } = Promise.withResolvers<RelayEnd>();
  // This listener stays: without one, a reset between two reads would end the process.
  socket.on('error', (error: NodeJS.ErrnoException) => fail(broken('connection', error)));
  const written = writeOutput(socket, output);
  const both = Promise.all([sendInput(socket, input), written]).then(([end]) => end);
  return Promise.race([both, failed, untilBroken(written)]);
}

/** If nobody reads the output any more, do not wait for the end of the input. */
function untilBroken(written: Promise<RelayEnd>): Promise<RelayEnd> {
  return new Promise((resolve) => {
    void written.then((end) => end.kind === 'broken' && resolve(end));
  });
}

async function sendInput(socket: Socket, input: number): Promise<RelayEnd> {
  for (;;) {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    let length: number;
    try {
      length = (await patiently(() => readSome(input, piece, 0, PIECE_BYTES, null))).bytesRead;
    } catch (error) {
      socket.end();
      return ENDS.has((error as NodeJS.ErrnoException).code) ? { kind: 'done' } : broken('input', error);
    }
    if (length === 0) break;
    if (!(await sent(socket, piece.subarray(0, length)))) return { kind: 'done' };
  }
  await new Promise<void>((resolve) => socket.end(resolve));
  return { kind: 'done' };
}

/** `false`: the connection is gone, and the other direction reports why. */
function sent(socket: Socket, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    socket.write(piece, (error) => resolve(error === undefined || error === null));
  });
}

async function writeOutput(socket: Socket, output: number): Promise<RelayEnd> {
  try {
    for await (const piece of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      await writeAll(output, piece);
    }
    return { kind: 'done' };
  } catch (error) {
    if (socket.errored !== null) return broken('connection', socket.errored);
    socket.destroy();
    return broken('output', error);
  }
}

async function writeAll(output: number, piece: Buffer): Promise<void> {
  for (let at = 0; at < piece.length; ) {
    at += (await patiently(() => writeSome(output, piece, at, piece.length - at, null))).bytesWritten;
  }
}

async function patiently<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await sleep(NOT_YET_MS);
    }
  }
}

function broken(what: 'connection' | 'input' | 'output', error: unknown): RelayEnd {
  return { kind: 'broken', what, code: (error as NodeJS.ErrnoException).code ?? String(error) };
}
