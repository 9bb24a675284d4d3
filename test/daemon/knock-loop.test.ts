// The loop from frames to completions, over a capture in memory: what it asks before a knock counts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CodePackets } from '../../src/app/daemon/packets/code-packets.ts';
import { KnockLoop } from '../../src/app/daemon/packets/knock-loop.ts';
import { ScanWatch } from '../../src/app/daemon/packets/scan-watch.ts';
import { DaemonCounters } from '../../src/app/daemon/reporting/daemon-counters.ts';
import { EventLog } from '../../src/app/daemon/reporting/event-log.ts';
import { Feed } from '../../src/app/daemon/reporting/feed.ts';
import { Reports } from '../../src/app/daemon/reporting/reports.ts';
import { AttemptEngine } from '../../src/core/attempt/attempt-engine.ts';
import { BanList, MAX_BANS } from '../../src/core/ban/ban-list.ts';
import { type Prefix, parsePrefix } from '../../src/core/net/prefix.ts';
import { instant } from '../../src/core/net/time.ts';
import { Topology } from '../../src/core/net/topology.ts';
import { OwnAddresses } from '../../src/core/origin/own-addresses.ts';
import { SourceTraces } from '../../src/core/trace/source-traces.ts';
import { SplitSequences } from '../../src/core/trace/split-sequences.ts';
import { type Capture, Frame } from '../../src/host/capture/capture.ts';
import { type FramePacket, renderFrame } from '../lab/frame.ts';
import { address, door } from '../unit/attempt/knocks.ts';

const SECRET = [1, 2] as const;
const ETHERNET = 14;
const MACS = { source: '02:00:00:00:00:02', destination: '02:00:00:00:00:01' };
const DOORS = [door('ssh', '7000,8000,9000')];

/** Hands over what it is given, when the loop is stopped at the latest. */
class MemoryCapture implements Capture {
  readonly #frames: Frame[] = [];

  add(packet: FramePacket, interfaceIndex: number): void {
    const bytes = renderFrame(packet, MACS);
    const frame = new Frame();
    Object.assign(frame, { bytes, start: ETHERNET, end: bytes.length, interfaceIndex, seconds: 1 });
    this.#frames.push(frame);
  }

  setFilter(): void {
    // It passes everything.
  }

  drain(limit: number, take: (frame: Frame) => void): number {
    const taken = this.#frames.splice(0, limit);
    taken.forEach(take);
    return taken.length;
  }

  holds = (count: number) => this.#frames.length > count;
  watch = () => ({ pause: () => undefined, resume: () => undefined, close: () => undefined });
  counters = () => ({ passed: 0, dropped: 0 });

  close(): void {
    // Nothing is held.
  }
}

type Setting = {
  readonly banned?: string;
  readonly from?: string;
  readonly to?: string;
  readonly by?: number;
};

/** The doors that a whole sequence completes, and what the source is remembered for. */
function knock({ banned, from = '192.0.2.7', to = '192.0.2.1', by = 2 }: Setting): {
  completed: string[];
  traced: string[];
} {
  const capture = new MemoryCapture();
  const bans = new BanList(MAX_BANS, SECRET);
  if (banned !== undefined) bans.add({ prefix: parsePrefix(banned) as Prefix }, instant(0));
  const sinks = { log: [], terminal: { write: () => undefined, close: () => undefined } };
  const now = () => instant(0);
  const reports = new Reports(new EventLog(sinks, { debug: false }), new DaemonCounters(now), new Feed(now));
  const scans = new ScanWatch(SECRET, true, () => undefined, reports.report);
  scans.adopt(scans.prepare(DOORS, { settings: { useSyslog: false }, doors: DOORS }));
  const traces = new SourceTraces(64, SECRET, DOORS);
  const interfaces = {
    addresses: new OwnAddresses([address('192.0.2.1'), address('2001:db8::1')]),
    topology: new Topology([]),
    hears: (index: number) => index === 2,
  };
  const engine = new AttemptEngine(DOORS, SECRET, undefined, scans.guard);
  const loop = new KnockLoop({
    ...{ capture, engine, interfaces, reports, scans, traces, bans },
    codes: new CodePackets([], SECRET),
    splits: new SplitSequences(DOORS),
  });
  const completed: string[] = [];
  loop.start(
    ({ door: { name } }) => void completed.push(name),
    () => assert.fail('a code where no door accepts any'),
  );
  for (const [i, port] of [7000, 8000, 9000].entries()) {
    const packet = { source: address(from), destination: address(to), protocol: 'tcp', port } as const;
    capture.add({ ...packet, sourcePort: 40_000 + i, flags: 2, sequence: i }, by);
  }
  loop.stop();
  const traced = [...traces.read(address(from), instant(1000))].map(({ kind }) => kind);
  return { completed, traced };
}

describe('a whole sequence', () => {
  test('completes its door', () => assert.deepEqual(knock({}).completed, ['ssh']));

  test('completes it over IPv6 too', () => {
    assert.deepEqual(knock({ from: '2001:db8::7', to: '2001:db8::1' }).completed, ['ssh']);
  });

  for (const [source, to, banned] of [
    ['192.0.2.7', '192.0.2.1', '192.0.2.7'],
    ['192.0.2.7', '192.0.2.1', '192.0.2.0/24'],
    ['2001:db8::7', '2001:db8::1', '2001:db8::/32'],
  ] as const) {
    test(`of a source that is banned (${banned}) completes nothing, and is remembered`, () => {
      const { completed, traced } = knock({ from: source, to, banned });
      assert.deepEqual(completed, []);
      assert.deepEqual(new Set(traced), new Set(['banned']));
    });
  }

  test('of another source than the banned one completes its door', () => {
    assert.deepEqual(knock({ banned: '192.0.2.8' }).completed, ['ssh']);
  });

  test('by an interface that does not count completes nothing', () => {
    assert.deepEqual(knock({ by: 3 }), { completed: [], traced: [] });
  });

  test('to another host completes nothing', () => {
    assert.deepEqual(knock({ to: '192.0.2.99' }).completed, []);
  });
});
