import { AttemptEngine } from '../../../src/core/attempt/attempt-engine.ts';
import { WATCHED } from '../../../src/core/attempt/offer.ts';
import { ScanGuard } from '../../../src/core/attempt/scan-guard.ts';
import { Steps } from '../../../src/core/attempt/steps.ts';
import { DecoyPorts } from '../../../src/core/decoy/decoy-ports.ts';
import { drawShare } from '../../../src/core/decoy/port-share.ts';
import type { Door } from '../../../src/core/door/door.ts';
import { type Instant, instant } from '../../../src/core/net/time.ts';
import { Packet } from '../../../src/core/packet/packet.ts';
import { explainTrace } from '../../../src/core/trace/explain-trace.ts';
import type { Explanation, TraceSituation } from '../../../src/core/trace/explanation.ts';
import { SourceTraces } from '../../../src/core/trace/source-traces.ts';
import type { TraceEntry } from '../../../src/core/trace/trace-entry.ts';
import { address, type Knock, readKnock } from '../attempt/knocks.ts';

export const SOURCE = address('10.0.0.1');
const SECRET = [0x0123_4567, 0x89ab_cdef] as const;
/** Where the tests' time begins: a date of today's size. */
const START = 1_790_000_000_000;

/** An engine with a guard against scans, and what is remembered of its packets. Times from a start in ms. */
export class TraceFixture {
  readonly engine: AttemptEngine;
  readonly traces: SourceTraces;
  readonly #steps = new Steps();
  readonly #packet = new Packet();
  #sent = 0;

  constructor(doors: readonly Door[], attempts = 1000, sources = 64) {
    const guard = new ScanGuard(4096, SECRET);
    const ports = { served: [], ephemeral: { first: 1, last: 65_535 } };
    guard.follow({ decoys: new DecoyPorts(doors, ports, drawShare(SECRET)), penalty: 60_000 });
    this.engine = new AttemptEngine(doors, SECRET, { attempts, recentPackets: 4096 }, guard);
    this.traces = new SourceTraces(sources, SECRET, this.engine.doors);
  }

  at = (ms: number): Instant => instant(START + ms);

  send(knock: Knock): void {
    const packet = readKnock(knock, this.#packet, ++this.#sent);
    const watched = this.engine.watches(packet);
    if (watched === WATCHED.nothing) return;
    const now = this.at(knock.at);
    const local = knock.local ?? true;
    const offer = this.engine.offer(packet, local, now, this.#steps);
    this.traces.add(packet, offer, this.#steps, local, watched === WATCHED.knockPort, now);
  }

  /** Knocks of `SOURCE` as `port@ms` or `port:udp@ms`. */
  knock(text: string): void {
    for (const word of text.split(' ')) {
      const [port, at] = word.split('@');
      this.send({ port: port as string, at: Number(at) });
    }
  }

  expire(at: number): void {
    this.engine.expire(this.at(at), 1000, this.#steps);
    this.traces.addExpired(this.#steps, this.at(at));
  }

  replaceDoors(doors: readonly Door[]): void {
    this.engine.replaceDoors(doors);
    this.traces.replaceDoors(this.engine.doors, []);
  }

  read(at = 60_000, source = SOURCE): TraceEntry[] {
    return this.traces.read(source, this.at(at));
  }

  explain(situation: Partial<TraceSituation> = {}, at = 60_000): Explanation {
    return explainTrace(this.read(at), {
      source: SOURCE,
      now: this.at(at),
      doors: this.engine.doors.filter((door) => door !== undefined),
      since: this.at(0),
      evicted: false,
      open: [],
      clock: (moment) => `T+${moment - START}`,
      ...situation,
    });
  }
}
