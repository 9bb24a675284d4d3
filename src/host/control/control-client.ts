import { createConnection } from 'node:net';
import { reachablePath } from './control-path.ts';

/** BOUNDED: bytes of an answer. */
const MAX_ANSWER_BYTES = 1 << 20;
const PATIENCE_MS = 10_000;

/** A daemon that could not be asked. `code`: the errno's name, or why there is no answer. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: string;

  constructor(path: string, code: string) {
    super(`${path}: ${code}`);
    this.code = code;
  }
}

/** Asks the daemon that listens at `path` one question. Throws a `ControlError`. */
export async function askControl(path: string, request: Readonly<Record<string, unknown>>): Promise<unknown> {
  const line = await exchange(path, `${JSON.stringify(request)}\n`);
  try {
    return JSON.parse(line);
  } catch {
    throw new ControlError(path, 'the answer is not JSON');
  }
}

function exchange(path: string, line: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (code: string): void => reject(new ControlError(path, code));
  let reachable: ReturnType<typeof reachablePath>;
  try {
    reachable = reachablePath(path);
  } catch (error) {
    fail((error as NodeJS.ErrnoException).code ?? String(error));
    return promise;
  }
  const socket = createConnection(reachable.path);
  let answer = '';
  socket.setEncoding('utf8');
  socket.setTimeout(PATIENCE_MS, () => {
    fail('no answer');
    socket.destroy();
  });
  socket.on('connect', () => socket.write(line));
  socket.on('data', (text: string) => {
    answer += text;
    const end = answer.indexOf('\n');
    if (end >= 0) resolve(answer.slice(0, end));
    if (end >= 0 || answer.length > MAX_ANSWER_BYTES) socket.destroy();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  socket.on('close', () => {
    fail('hung up without an answer');
    reachable.release();
  });
  return promise;
}
