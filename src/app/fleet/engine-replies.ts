import type { EngineReply } from '../../host/engine/engine-client.ts';
import { EngineError } from '../../host/engine/engine-error.ts';

export const list = (reply: EngineReply | undefined): readonly EngineReply[] =>
  Array.isArray(reply) ? reply : [];

export function readText(reply: EngineReply | undefined): string | undefined {
  return reply instanceof Uint8Array ? Buffer.from(reply).toString('latin1') : undefined;
}

export function readDigits(reply: EngineReply | undefined): number | undefined {
  const text = readText(reply) ?? '';
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The end of the year 9999. */
const MAX_SECONDS = 253_402_300_799;

/** The answer to TIME, seconds and microseconds, in ms since 1970. Throws an `EngineError`. */
export function readTime(reply: EngineReply | undefined): number {
  const [seconds, micros] = list(reply).map(readDigits);
  if (seconds === undefined || micros === undefined || seconds > MAX_SECONDS)
    throw new EngineError('EPROTO', 'the engine does not tell the time');
  return seconds * 1000 + Math.floor(micros / 1000);
}

/** Reads an answer of alternating names and values. */
export function pairs(reply: EngineReply | undefined): ReadonlyMap<string, EngineReply> {
  const words = list(reply);
  const map = new Map<string, EngineReply>();
  for (let at = 0; at + 1 < words.length; at += 2)
    map.set(readText(words[at]) ?? '', words[at + 1] as EngineReply);
  return map;
}
