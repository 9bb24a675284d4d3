import { MAX_RECORD_BYTES, parseStreamId, type StreamId } from '../../core/control/fleet-link.ts';
import type { EngineReply } from '../../host/engine/engine-client.ts';
import { list, readText } from './engine-replies.ts';

/** The field of a stream's entry that holds the record. */
export const RECORD_FIELD = 'r';

/** An entry of the stream. Without `bytes` it is none of ours, or too long: it is read over. */
export type StreamEntry = { readonly id: StreamId; readonly bytes?: Uint8Array };

/** When the engine has taken it, by its own clock. */
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

/** Of XREAD with one stream; `null` there is none in time. What cannot be understood is nothing. */
export function readStreams(reply: EngineReply): readonly StreamEntry[] {
  const [first] = list(reply);
  return readEntries(list(first)[1]);
}

/** Of XRANGE. */
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

/** What the daemon would not take is not offered to it. */
export function recordOf(reply: EngineReply | undefined): Uint8Array | undefined {
  return reply instanceof Uint8Array && reply.length > 0 && reply.length <= MAX_RECORD_BYTES
    ? reply
    : undefined;
}
