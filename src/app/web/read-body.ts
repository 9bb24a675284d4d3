import type { IncomingMessage } from 'node:http';

/** BOUNDED: bytes of a request body. */
export const MAX_BODY = 4096;

/** `undefined`: it is too long. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return undefined;
  let left = MAX_BODY;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      left -= chunk.length;
      if (left < 0) return undefined;
      chunks.push(chunk);
    }
  } catch {
    // The client disconnected: nobody reads the answer.
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}
