import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { FleetCarrier } from '../../src/app/fleet/fleet-carrier.ts';
import { type FleetBegin, MAX_RECORD_BYTES, type StreamId } from '../../src/core/control/fleet-link.ts';
import { millis, seconds } from '../../src/core/net/time.ts';
import { CarriedDaemon } from '../lab/carried-daemon.ts';
import { LabEngine } from '../lab/engine.ts';

const STREAM = '{bussa:edge}:stream';
const WINDOW = seconds(600);

let engine: LabEngine;

before(async () => {
  engine = await LabEngine.start({ fleet: 'edge', members: ['gw1', 'gw2'] });
});
after(() => engine[Symbol.asyncDispose]());

const beginOf = (member: string, more: Partial<FleetBegin> = {}): FleetBegin => ({
  kind: 'begin',
  fleet: 'edge',
  member,
  engine: engine.urlFor(member),
  window: WINDOW,
  ...more,
});

/** A daemon with its carrier. */
class Host implements AsyncDisposable {
  readonly daemon: CarriedDaemon;
  readonly said: string[] = [];
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;

  private constructor(daemon: CarriedDaemon, files: string) {
    this.daemon = daemon;
    const { configFile, stateDirectory } = daemon;
    const options = {
      choice: { configFile, stateDirectory },
      files,
      say: (line: string) => void this.said.push(line),
    };
    this.#ended = new FleetCarrier(options, this.#stop.signal).run();
  }

  static async start(member: string, more: Partial<FleetBegin> = {}, files?: string): Promise<Host> {
    return new Host(await CarriedDaemon.open(beginOf(member, more)), files ?? engine.filesFor(member));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await this.daemon[Symbol.asyncDispose]();
  }
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const texts = ({ delivered }: CarriedDaemon): readonly string[] =>
  delivered.map(({ bytes }) => textOf(bytes));

suite('the carrier of a fleet', () => {
  test('what one daemon publishes comes to the others in its order, with its age, and is confirmed', async () => {
    await engine.order('FLUSHALL');
    await using one = await Host.start('gw1');
    await using other = await Host.start('gw2');
    await Promise.all([one.daemon.connected(), other.daemon.connected()]);
    const count = 1000;
    for (let seq = 1; seq <= count; seq++)
      one.daemon.send({ kind: 'record', seq, bytes: bytesOf(`record ${seq}`) });
    await one.daemon.until(() => one.daemon.published.length === count, 'all confirmed');
    await other.daemon.until(() => other.daemon.delivered.length >= count, 'all delivered');
    const expected = Array.from({ length: count }, (_, at) => `record ${at + 1}`);
    assert.deepEqual(texts(other.daemon), expected);
    assert.deepEqual(
      other.daemon.delivered.map(({ id }) => id),
      one.daemon.published.map(({ id }) => id),
    );
    for (const { age = -1 } of other.daemon.delivered) assert.ok(age >= 0 && age < 60_000, `${age}`);
  });

  test('a daemon that follows again goes on behind its last record; without one, or with a lost one, a window ago', async () => {
    await engine.order('FLUSHALL');
    await engine.order('XADD', STREAM, '1-1', 'r', 'older than the window');
    const ids: string[] = [];
    for (const word of ['a', 'b', 'c']) ids.push(await engine.order('XADD', STREAM, '*', 'r', word));
    for (const [after_, expected] of [
      [ids[0], ['b', 'c']],
      [undefined, ['a', 'b', 'c']],
      // An engine that was restored: what was read last is not there, and what comes has smaller ids.
      [`${Date.now() + 1e9}-0`, ['a', 'b', 'c']],
      [`${ids[1]?.split('-')[0]}-999`, ['a', 'b', 'c']],
    ] as const) {
      await using host = await Host.start('gw1', after_ === undefined ? {} : { after: after_ as StreamId });
      await host.daemon.until(() => host.daemon.upTo === ids[2], `read on from ${after_}`);
      assert.deepEqual(texts(host.daemon), expected);
    }
  });

  test('what is none of ours is read over', async () => {
    await engine.order('FLUSHALL');
    await using host = await Host.start('gw1');
    await host.daemon.connected();
    await engine.order('XADD', STREAM, '*', 'x', 'no record');
    await engine.order('XADD', STREAM, '*', 'r', 'y'.repeat(MAX_RECORD_BYTES + 1));
    await engine.order('XADD', STREAM, '*', 'r', '');
    await engine.order('PUBLISH', '{bussa:edge}:ask', 'nothing');
    await engine.order('PUBLISH', '{bussa:edge}:to:gw1', `x\n${'y'.repeat(MAX_RECORD_BYTES + 1)}`);
    const last = await engine.order('XADD', STREAM, '*', 'r', 'a record');
    await host.daemon.until(() => host.daemon.upTo === last, 'all read');
    assert.deepEqual(texts(host.daemon), ['a record']);
    assert.deepEqual([host.daemon.asked, host.daemon.answered], [[], []]);
  });

  test('the engine stores bans, and members that connect later get them', async () => {
    await engine.order('FLUSHALL');
    await using one = await Host.start('gw1');
    await one.daemon.connected();
    const fields = Array.from({ length: 600 }, (_, at) => `192.0.${at >> 8}.${at & 255}`);
    for (const [at, field] of fields.entries())
      one.daemon.send({ kind: 'ban', seq: at + 1, field, bytes: bytesOf(field) });
    one.daemon.send({ kind: 'ban', seq: 601, field: '192.0.0.7' });
    await one.daemon.until(() => one.daemon.published.length === 601, 'all confirmed');
    await using other = await Host.start('gw2');
    await other.daemon.until(() => other.daemon.delivered.length >= 599, 'all bans');
    assert.deepEqual(new Set(texts(other.daemon)), new Set(fields.filter((field) => field !== '192.0.0.7')));
    assert.ok(other.daemon.delivered.every(({ id, age }) => id === undefined && age === undefined));
  });

  test('the first claim of a proof is granted, the second refused', async () => {
    await engine.order('FLUSHALL');
    await using one = await Host.start('gw1');
    await using other = await Host.start('gw2');
    await Promise.all([one.daemon.connected(), other.daemon.connected()]);
    const claim = { kind: 'claim', id: 7, key: 'ab12', lifetime: seconds(60) } as const;
    one.daemon.send(claim);
    other.daemon.send(claim);
    await one.daemon.until(() => one.daemon.claimed.length === 1, 'answered');
    await other.daemon.until(() => other.daemon.claimed.length === 1, 'answered');
    const outcomes = [one, other].flatMap(({ daemon }) => daemon.claimed);
    assert.deepEqual(outcomes.map(({ id, outcome }) => `${id} ${outcome}`).sort(), ['7 granted', '7 taken']);
  });

  test('questions reach the others, and answers who has asked', async () => {
    await using one = await Host.start('gw1');
    await using other = await Host.start('gw2');
    await Promise.all([one.daemon.connected(), other.daemon.connected()]);
    one.daemon.send({ kind: 'ask', id: 3, bytes: Uint8Array.of(10, 0, 255) });
    await other.daemon.until(() => other.daemon.asked.length === 1, 'asked');
    const [question] = other.daemon.asked;
    assert.deepEqual(Buffer.from(question?.bytes ?? []), Buffer.from([10, 0, 255]));
    other.daemon.send({ kind: 'answer', to: question?.to ?? '', bytes: bytesOf('yes') });
    await one.daemon.until(() => one.daemon.answered.length === 1, 'answered');
    assert.deepEqual(
      one.daemon.answered.map(({ id, bytes }) => [id, textOf(bytes)]),
      [[3, 'yes']],
    );
    assert.deepEqual(one.daemon.asked, [], 'nobody asks himself');
  });

  test('without an engine, claims are refused at once; when it is back, the daemon is followed again', async () => {
    await engine.order('FLUSHALL');
    await using one = await Host.start('gw1');
    await using other = await Host.start('gw2');
    await Promise.all([one.daemon.connected(), other.daemon.connected()]);
    const { follows } = one.daemon;
    await engine.kill();
    await one.daemon.until(() => one.daemon.states.at(-1)?.connected === false, 'lost');
    await one.daemon.until(() => one.daemon.follows > follows, 'followed while there is none');
    assert.match(one.daemon.states.at(-1)?.why ?? '', /hung up|ECONNRE/);
    one.daemon.send({ kind: 'claim', id: 1, key: 'cd', lifetime: seconds(60) });
    await one.daemon.until(() => one.daemon.claimed.length === 1, 'answered');
    assert.deepEqual(one.daemon.claimed, [{ id: 1, outcome: 'unreachable' }]);
    const before_ = one.daemon.follows;
    await engine.restart();
    await Promise.all([one.daemon.connected(2), other.daemon.connected(2)]);
    assert.ok(one.daemon.follows > before_);
    one.daemon.send({ kind: 'record', seq: 1, bytes: bytesOf('made anew') });
    await other.daemon.until(() => texts(other.daemon).includes('made anew'), 'delivered');
  });

  test('an engine hung up in the middle loses nothing that was confirmed', async () => {
    await engine.order('FLUSHALL');
    await using one = await Host.start('gw1');
    await one.daemon.connected();
    for (let seq = 1; seq <= 200; seq++) {
      one.daemon.send({ kind: 'record', seq, bytes: bytesOf(`${seq}`) });
      if (seq === 100) await engine.order('CLIENT', 'KILL', 'TYPE', 'normal');
    }
    await one.daemon.connected(2);
    const kept = new Set((await engine.order('XRANGE', STREAM, '-', '+')).split('\n'));
    for (const { seq } of one.daemon.published) assert.ok(kept.has(`${seq}`), `${seq} is lost`);
  });

  test('a daemon that ends and starts is found again', async () => {
    await using one = await Host.start('gw1');
    await one.daemon.connected();
    one.daemon.hangUp();
    await one.daemon.connected(2);
  });

  test('a stream that was emptied, or is an older one, is read from the window on', async () => {
    await engine.order('FLUSHALL');
    await using host = await Host.start('gw1');
    await host.daemon.connected();
    const ahead = `${Date.now() + 500_000}-0`;
    await engine.order('XADD', STREAM, ahead, 'r', 'before');
    await host.daemon.until(() => host.daemon.upTo === ahead, 'read');
    await engine.order('DEL', STREAM);
    await engine.order('XADD', STREAM, '*', 'r', 'after');
    await host.daemon.until(() => texts(host.daemon).includes('after'), 'read on');
  });

  test('no record goes that another member still needs', async () => {
    await engine.order('FLUSHALL');
    await using long = await Host.start('gw2', { window: seconds(86_400) });
    await long.daemon.connected();
    await using short = await Host.start('gw1', { window: millis(1) });
    await short.daemon.connected();
    const hourAgo = `${Date.now() - 3_600_000}-0`;
    await engine.order('-r', '150', 'XADD', STREAM, `${Date.now() - 2 * 86_400_000}-*`, 'r', 'x');
    await engine.order('XADD', STREAM, hourAgo, 'r', 'needed');
    short.daemon.send({ kind: 'record', seq: 1, bytes: bytesOf('new') });
    await short.daemon.until(() => short.daemon.published.length === 1, 'published');
    const kept = await engine.order('XRANGE', STREAM, '-', '+');
    assert.match(kept, /needed/);
    assert.ok(Number(await engine.order('XLEN', STREAM)) < 150, 'and what nobody needs goes');
  });

  test('rights in the engine that the carrier does not need are reported', async () => {
    const before_ = await engine.order('ACL', 'LIST');
    await using narrow = await Host.start('gw1');
    await narrow.daemon.connected();
    assert.equal(narrow.daemon.states.at(-1)?.wide, undefined, before_);
    await engine.order('ACL', 'SETUSER', 'gw2', '+@all', '~*');
    await using wide = await Host.start('gw2');
    await wide.daemon.connected();
    assert.equal(wide.daemon.states.at(-1)?.wide?.length, 4);
    await engine.order('ACL', 'LOAD');
  });

  test('an engine that refuses the login is reported with its reason', async () => {
    await using host = await Host.start('gw1', {}, '/nonexistent');
    await host.daemon.until(() => host.daemon.states.length > 0, 'told');
    assert.match(host.daemon.states[0]?.why ?? '', /authority.*ca\.pem/);
    host.daemon.begin = beginOf('gw1', { engine: 'valkey://192.0.2.1' });
    host.daemon.send(host.daemon.begin);
    await host.daemon.until(() => host.daemon.states.length > 1, 'told');
    assert.match(host.daemon.states[1]?.why ?? '', /without TLS/);
  });
});
