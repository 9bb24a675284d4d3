import { AttemptEngine } from '../../../core/attempt/attempt-engine.ts';
import { SourceTraces } from '../../../core/trace/source-traces.ts';
import { SplitSequences } from '../../../core/trace/split-sequences.ts';
import { CodePackets } from '../packets/code-packets.ts';
import { KnockLoop } from '../packets/knock-loop.ts';
import { ScanWatch } from '../packets/scan-watch.ts';
import { MemoryCapture } from './memory-capture.ts';
import { type Admit, DOOR, HOST, type RehearsalDaemon, sourceOf } from './rehearsal-daemon.ts';
import { renderDatagram } from './rehearsed-datagram.ts';

const LIMITS = { attempts: 64, recentPackets: 64 };
const TRACED = 64;

/** A sequence from its packets to its door, which opens nothing. */
export class SequenceRehearsal implements Disposable {
  readonly #capture = new MemoryCapture();
  readonly #loop: KnockLoop;
  #opened: Promise<unknown> = Promise.resolve();

  constructor({ secret, bans, interfaces, reports }: RehearsalDaemon, admit: Admit) {
    const scans = new ScanWatch(secret, false, () => undefined, reports.report);
    scans.adopt(scans.prepare([DOOR], { settings: { useSyslog: false, scanGuard: 'off' }, doors: [DOOR] }));
    const engine = new AttemptEngine([DOOR], secret, LIMITS, scans.guard);
    const traces = new SourceTraces(TRACED, secret, engine.doors);
    const capture = this.#capture;
    const codes = new CodePackets([], secret);
    const splits = new SplitSequences([DOOR]);
    const packets = { capture, codes, engine, interfaces, traces, splits };
    this.#loop = new KnockLoop({ ...packets, reports, scans, bans });
    this.#loop.start(
      (completion, whyNot) => {
        this.#opened = admit(completion, whyNot);
      },
      () => undefined,
    );
  }

  /** Resolves when the door is reported as open. */
  async run(round: number): Promise<void> {
    for (const { port } of DOOR.sequence)
      this.#capture.deliver(renderDatagram(sourceOf(round), HOST, port, Uint8Array.of(0)));
    await this.#opened;
  }

  drainArrived(): void {
    this.#loop.drainArrived();
  }

  [Symbol.dispose](): void {
    this.#loop.stop();
  }
}
