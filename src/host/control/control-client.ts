import { createConnection } from 'node:net';
import { type ReachablePath, reachablePath } from './control-path.ts';

/** BOUNDED: characters of one line of an answer. */
const MAX_LINE = 1 << 20;
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

/** Asks the daemon that listens at `path` one question that has a short answer. Throws a `ControlError`. */
export async function askControl(path: string, request: Readonly<Record<string, unknown>>): Promise<unknown> {
  for await (const answer of askControlInParts(path, request)) return answer;
  throw new ControlError(path, HUNG_UP);
}

const HUNG_UP = 'hung up without an answer';

/**
 * The lines of the answer, each as its value, for as long as they are taken. That there are no more of them is for the
 * caller to know: it then leaves the loop. Throws a `ControlError`.
 */
export async function* askControlInParts(
  path: string,
  request: Readonly<Record<string, unknown>>,
): AsyncGenerator<unknown, never> {
  const reachable = reach(path);
  const socket = createConnection(reachable.path);
  socket.setEncoding('utf8');
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new ControlError(path, 'no answer')));
  socket.write(`${JSON.stringify(request)}\n`);
  let begun = '';
  try {
    for await (const text of socket as AsyncIterable<string>) {
      const lines = `${begun}${text}`.split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) yield parse(path, line);
      if (begun.length > MAX_LINE) throw new ControlError(path, 'the answer has no end');
    }
  } catch (error) {
    if (error instanceof ControlError) throw error;
    throw new ControlError(path, (error as NodeJS.ErrnoException).code ?? String(error));
  } finally {
    socket.destroy();
    reachable.release();
  }
  throw new ControlError(path, HUNG_UP);
}

function reach(path: string): ReachablePath {
  try {
    return reachablePath(path);
  } catch (error) {
    throw new ControlError(path, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

function parse(path: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new ControlError(path, 'the answer is not JSON');
  }
}
