import { type Capture, type CaptureCounters, Frame } from '../../../host/capture/capture.ts';
import type { Readiness } from '../../../host/ffi/readiness.ts';

/** A capture that receives only what it is given. */
export class MemoryCapture implements Capture {
  readonly #frames: Frame[] = [];
  #onReadable: () => void = () => undefined;

  /** Delivers a packet, starting at its IP header, as if it had just arrived, and has it processed. */
  deliver(bytes: Uint8Array): void {
    const now = Date.now();
    const frame = Object.assign(new Frame(), { bytes, end: bytes.length, interfaceIndex: 1 });
    frame.seconds = Math.floor(now / 1000);
    frame.nanoseconds = (now % 1000) * 1e6;
    this.#frames.push(frame);
    this.#onReadable();
  }

  setFilter(): void {}

  drain(limit: number, take: (frame: Frame) => void): number {
    const frames = this.#frames.splice(0, limit);
    for (const frame of frames) take(frame);
    return frames.length;
  }

  holds(count: number): boolean {
    return this.#frames.length > count;
  }

  watch(onReadable: () => void): Readiness {
    this.#onReadable = onReadable;
    return { pause: () => undefined, resume: () => undefined, close: () => undefined };
  }

  counters(): CaptureCounters {
    return { passed: 0, dropped: 0 };
  }

  close(): void {}
}
