import type { CaptureCounters } from '../../../host/capture/capture.ts';
import type { OnProof } from './on-proof.ts';
import { type PayloadParts, PayloadSource } from './payload-source.ts';
import { SignedPayloads } from './signed-payloads.ts';
import { SpaPayloads } from './spa-payloads.ts';

/** Delay before a ring that could not be opened at a reload is retried. */
const AGAIN_MS = 10_000;

/** A key's end may be further off than a timer can count. */
const LOOK_MS = 6 * 3_600_000;

/**
 * Receives proofs that come as payloads, each kind in its own ring while a door accepts it. No port is opened for them.
 */
export class PayloadListener {
  readonly #source: PayloadSource;
  readonly #signed: SignedPayloads;
  readonly #spa: SpaPayloads;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: PayloadParts) {
    this.#source = new PayloadSource(parts);
    this.#signed = new SignedPayloads(this.#source);
    this.#spa = new SpaPayloads(this.#source, () => {
      parts.watch.drainArrived();
      this.#signed.drainArrived();
    });
  }

  /** Accepts proofs from now on, if a door does. Throws the system's error. */
  listen(admit: OnProof): void {
    this.#source.admit = admit;
    this.#follow();
  }

  /** The current configuration has changed. What cannot be done yet is retried. */
  follow(): void {
    if (this.#isStopped) return;
    try {
      this.#follow();
    } catch (error) {
      const text = `not all knocks are received: ${(error as Error).message}; next try in ${AGAIN_MS / 1000} s`;
      this.#source.parts.report({ kind: 'error', text });
      this.#followLater(AGAIN_MS);
    }
  }

  /** Packets that the filters passed, and those lost because they arrived too fast. */
  packets(): { readonly signed: CaptureCounters; readonly spa: CaptureCounters } {
    return { signed: this.#signed.packets(), spa: this.#spa.packets() };
  }

  /** Accepts nothing from now on. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#signed.close();
    this.#spa.close();
  }

  /** All leases are closed, and pending writes are done. */
  end(): void {
    this.#source.end();
  }

  #follow(): void {
    clearTimeout(this.#timer);
    const next = this.#signed.follow();
    if (next !== undefined) this.#followLater(Math.min(LOOK_MS, next));
    this.#spa.follow();
  }

  #followLater(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.follow(), ms).unref();
  }
}
