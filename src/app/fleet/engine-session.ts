import type { ClaimOutcome, StreamId } from '../../core/control/fleet-link.ts';
import { parseStreamId } from '../../core/control/fleet-link.ts';
import type { EngineKeys } from '../../core/fleet/engine-keys.ts';
import { EngineError } from '../../host/engine/engine-error.ts';
import { EngineClock } from './engine-clock.ts';
import { list, pairs, readDigits, readText, readTime } from './engine-replies.ts';
import { type EngineClients, requirePrimary } from './open-clients.ts';
import { RECORD_FIELD, readEntries, readStreams, recordOf, type StreamEntry } from './stream-entries.ts';

/** How long one XREAD waits in the engine, and how long its answer may take besides. */
const WAIT_MS = 2000;
const GRACE_MS = 2000;
/** BOUNDED: entries read at one time; as many as the daemon takes at one time. */
const ENTRIES = 256;
/** BOUNDED: entries in the stream, about. */
const MAX_ENTRIES = 65_536;
/** Bans read at one time, about. */
const BANS = 256;
/** BOUNDED: bans read after connecting: as many as all members may have. */
const MAX_BANS = 262_144;
/** After this id a stream takes no more records. */
const LAST_ID = '18446744073709551615-18446744073709551615';
/** A knocker waits this long for a claim. The command itself may take longer: a slow engine is not a lost one. */
const CLAIM_MS = 1000;

/** The entries read, and the engine's time at that moment. */
export type ReadBatch = { readonly entries: readonly StreamEntry[]; readonly time: number };

/** One connection to the engine, with all requests of the carrier. Each method rejects with an `EngineError`. */
export class EngineSession {
  readonly clock = new EngineClock();
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<EngineError>;
  /** The longest time that a member needs records for. */
  #window = 0;
  /** Approximate number of entries in the stream. */
  #entries = 0;
  readonly #clients: EngineClients;
  readonly #keys: EngineKeys;

  constructor(clients: EngineClients, keys: EngineKeys) {
    this.#clients = clients;
    this.#keys = keys;
    const { writer, reader, hearer } = clients;
    this.ended = Promise.race([writer.ended, reader.ended, hearer.ended]);
    void this.ended.then((why) => this.end(why));
  }

  get where(): string {
    return this.#clients.where;
  }

  end(why?: EngineError): void {
    for (const client of [this.#clients.writer, this.#clients.reader, this.#clients.hearer])
      client.reset(why);
  }

  /** Sets the clock. Returns the engine's minus this host's, in ms. */
  async readClock(): Promise<number> {
    const sentAt = performance.now();
    const time = readTime(await this.#clients.writer.call(['TIME']));
    this.clock.set(time, sentAt);
    return Math.round(time + (performance.now() - sentAt) / 2 - Date.now());
  }

  /** Publishes how far back this member needs records, and reads how far back the others do. */
  async shareWindow(member: string, window: number): Promise<void> {
    const { writer } = this.#clients;
    await writer.call(['HSET', this.#keys.windows, member, Math.ceil(window)]);
    const [, fields] = list(await writer.call(['HSCAN', this.#keys.windows, 0, 'COUNT', 1024]));
    this.#window = Math.max(window, ...[...pairs(fields).values()].map((one) => readDigits(one) ?? 0));
  }

  /** Appends a record to the stream, and trims entries that no member can need any more. */
  async append(bytes: Uint8Array): Promise<StreamId> {
    const oldest = Math.max(0, Math.floor(this.clock.now() - this.#window));
    const trim = this.#entries > MAX_ENTRIES ? ['MAXLEN', '~', MAX_ENTRIES] : ['MINID', '~', oldest];
    const words = ['XADD', this.#keys.stream, ...trim, '*', RECORD_FIELD, bytes] as const;
    const id = parseStreamId(readText(await this.#clients.writer.call(words)));
    if (id === undefined) throw new EngineError('EPROTO', 'the engine does not tell the id of a record');
    return id;
  }

  /** Whether the entry is in the stream. It is missing if the engine was restored, or lost the end of the stream. */
  async hasEntry(id: StreamId): Promise<boolean> {
    return readEntries(await this.#clients.writer.call(['XRANGE', this.#keys.stream, id, id])).length === 1;
  }

  /** The entries after `cursor`; waits if there are none. */
  async read(cursor: StreamId): Promise<ReadBatch> {
    const { reader } = this.#clients;
    const words = [
      'XREAD',
      'COUNT',
      ENTRIES,
      'BLOCK',
      WAIT_MS,
      'STREAMS',
      this.#keys.stream,
      cursor,
    ] as const;
    // TIME is answered when XREAD has ended.
    const [read, time] = await Promise.all([
      reader.call(words, WAIT_MS + GRACE_MS),
      reader.call(['TIME'], WAIT_MS + GRACE_MS),
    ]);
    return { entries: readStreams(read), time: readTime(time) };
  }

  /** Reads all bans in parts. */
  async *readBans(): AsyncGenerator<readonly Uint8Array[], void> {
    let cursor = '0';
    // An answer may be empty before the end.
    for (let read = 0, answers = 0; read < MAX_BANS && answers < MAX_BANS; answers++) {
      const answer = list(await this.#clients.writer.call(['HSCAN', this.#keys.bans, cursor, 'COUNT', BANS]));
      const records = [...pairs(answer[1]).values()].map(recordOf).filter((bytes) => bytes !== undefined);
      for (let at = 0; at < records.length; at += ENTRIES) yield records.slice(at, at + ENTRIES);
      read += records.length;
      cursor = readText(answer[0]) ?? '0';
      if (cursor === '0') return;
    }
  }

  async setBan(field: string, bytes: Uint8Array | undefined): Promise<void> {
    const { writer } = this.#clients;
    if (bytes === undefined) await writer.call(['HDEL', this.#keys.bans, field]);
    else await writer.call(['HSET', this.#keys.bans, field, bytes]);
  }

  async claim(key: string, member: string, lifetime: number): Promise<ClaimOutcome> {
    const words = [
      'SET',
      this.#keys.claim(key),
      member,
      'NX',
      'PX',
      Math.max(1, Math.ceil(lifetime)),
    ] as const;
    const answer = this.#clients.writer.call(words).then(
      (reply) => (reply === null ? 'taken' : 'granted'),
      () => 'unreachable' as const,
    );
    return Promise.race([answer, after(CLAIM_MS, 'unreachable' as const)]);
  }

  async publish(channel: string, bytes: Uint8Array): Promise<void> {
    await this.#clients.writer.call(['PUBLISH', channel, bytes]);
  }

  async hear(channels: readonly string[], take: (channel: string, bytes: Uint8Array) => void): Promise<void> {
    await this.#clients.hearer.subscribe(channels, take);
  }

  /** Whether all connections live, and the engine is still the primary. Returns the newest id of the stream. */
  async check(): Promise<StreamId | undefined> {
    const { writer, hearer, where } = this.#clients;
    await Promise.all([requirePrimary(writer, where), hearer.call(['PING'])]);
    const facts = pairs(await writer.call(['XINFO', 'STREAM', this.#keys.stream]).catch(noStream));
    const length = facts.get('length');
    this.#entries = typeof length === 'number' ? length : 0;
    const newest = parseStreamId(readText(facts.get('last-generated-id')));
    if (newest === LAST_ID) throw usedUp(where, this.#keys.stream);
    return newest;
  }
}

/** Before the first record there is no stream. */
function noStream(error: EngineError): null {
  if (error.isAnswer && /no such key/i.test(error.message)) return null;
  throw error;
}

function after<T>(ms: number, value: T): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  setTimeout(resolve, ms, value).unref();
  return promise;
}

/** A member can choose an entry's id; after the highest one, the stream takes no more. */
const usedUp = (where: string, stream: string): EngineError =>
  new EngineError(
    'EXHAUSTED',
    `${where}: somebody has written the last possible entry into the stream: delete it there (redis-cli DEL '${stream}'), and see which member it was`,
    true,
  );
