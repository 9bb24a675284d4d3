import { MAX_RECORD_BYTES, parseStreamId, type StreamId } from '../../core/control/fleet-link.ts';
import type { EngineReply } from '../../host/engine/engine-client.ts';
import { list, readText } from './engine-replies.ts';

/** The field of a stream's entry that holds the record. */
export const RECORD_FIELD = 'r';

/** An entry of the stream. Without `bytes` it is foreign or too long, and is skipped. */
export type StreamEntry = { readonly id: StreamId; readonly bytes?: Uint8Array };

/** When the engine received it, by the engine's clock. */
export const timeOf = (id: StreamId): number => Number(id.slice(0, id.indexOf('-')));

/** Whether `id` is behind `other` in a stream. */
export function isLater(id: StreamId, other: StreamId): boolean {
  const [[time, number], [otherTime, otherNumber]] = [partsOf(id), partsOf(other)];
  return time === otherTime ? number > otherNumber : time > otherTime;
}

function partsOf(id: StreamId): readonly [bigint, bigint] {
  const [time = '0', number = '0'] = id.split('-');
  return [BigInt(time), BigInt(number)];
}

/**
 * Reads the answer to XREAD with one stream; `null` means that nothing came in time. An answer in another form counts
 * as empty.
 */
export function readStreams(reply: EngineReply): readonly StreamEntry[] {
  const [first] = list(reply);
  return readEntries(list(first)[1]);
}

/** Reads the answer to XRANGE. */
export function readEntries(reply: EngineReply | undefined): readonly StreamEntry[] {
  return list(reply).flatMap((entry) => {
    const [name, fields] = list(entry);
    const id = parseStreamId(readText(name));
    if (id === undefined) return [];
    const bytes = fieldOf(list(fields));
    return [bytes === undefined ? { id } : { id, bytes }];
  });
}

function fieldOf(fields: readonly EngineReply[]): Uint8Array | undefined {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (readText(fields[at]) !== RECORD_FIELD) continue;
    return recordOf(fields[at + 1]);
  }
  return undefined;
}

/** Leaves out records that the daemon would not accept. */
export function recordOf(reply: EngineReply | undefined): Uint8Array | undefined {
  return reply instanceof Uint8Array && reply.length > 0 && reply.length <= MAX_RECORD_BYTES
    ? reply
    : undefined;
}
