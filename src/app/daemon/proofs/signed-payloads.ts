import { renderPayloadFilter } from '../../../core/filter/payload-filter.ts';
import type { ServerKey } from '../../../core/signed/open-knock.ts';
import { acceptedKeys } from '../../../core/signed/server-keys.ts';
import { serverMarks } from '../../../core/signed/server-word.ts';
import type { Capture, CaptureCounters } from '../../../host/capture/capture.ts';
import { backlogLimitOf, PAYLOAD_RING } from '../../../host/capture/ring-capture.ts';
import { nodeCiphers as ciphers } from '../../../host/crypto/node-ciphers.ts';
import { sendDatagram } from '../../../host/network/send-datagram.ts';
import { PayloadLoop } from './payload-loop.ts';
import { PayloadRing } from './payload-ring.ts';
import type { PayloadSource } from './payload-source.ts';
import { ReplySender } from './reply-sender.ts';
import { SignedJudge } from './signed-judge.ts';
import { SignedKnocks } from './signed-knocks.ts';

/** Receives signed knocks while a door accepts them. */
export class SignedPayloads {
  readonly #source: PayloadSource;
  readonly #ring = new PayloadRing(PAYLOAD_RING, (capture) => this.#openLoop(capture));
  #judge: SignedJudge | undefined;

  constructor(source: PayloadSource) {
    this.#source = source;
  }

  /**
   * Applies the current configuration. Returns the ms until it must be applied again because a key ends; `undefined`:
   * never.
   */
  follow(): number | undefined {
    const { inForce, ipv6 } = this.#source.parts;
    const { signedPort: port } = inForce.current.settings;
    const { keys, next } = this.#keys();
    if (keys.length === 0 || port === undefined) {
      this.#ring.close();
      return next;
    }
    this.#ring.hear(renderPayloadFilter({ port, marks: keys.map(({ marks }) => marks) }, { ipv6 }));
    this.#judge?.follow(keys);
    return next;
  }

  drainArrived(): void {
    this.#ring.drainArrived();
  }

  packets(): CaptureCounters {
    return this.#ring.packets();
  }

  close(): void {
    this.#ring.close();
  }

  /** The keys that are valid now. */
  #keys(): { readonly keys: readonly ServerKey[]; readonly next?: number } {
    const { inForce, clock } = this.#source.parts;
    const { keys, next } = acceptedKeys(inForce.authority?.serverKeys ?? [], clock.wall());
    return {
      keys: keys.map((key) => ({
        secret: key.secret,
        point: key.public,
        marks: serverMarks(ciphers, key.public),
      })),
      ...(next === undefined ? {} : { next }),
    };
  }

  #openLoop(capture: Capture): PayloadLoop {
    const source = this.#source;
    const { clock, inForce, keeper, signed: counters, report, watch } = source.parts;
    if (this.#judge === undefined) {
      const { record } = source;
      const knocks = new SignedKnocks({
        ...{ ciphers, clock, inForce, record, keeper, counters, report },
        replies: new ReplySender({ ciphers, clock, counters, report, send: sendDatagram }),
        admit: (completion, whyNot, use) => source.admit(completion, whyNot, use),
        onOpened: (packet) => source.onOpened(packet),
      });
      this.#judge = new SignedJudge({ counters, record, knocks });
    }
    return new PayloadLoop({
      ...source.loopParts('key'),
      ...{ capture, judge: this.#judge, backlogLimit: backlogLimitOf(PAYLOAD_RING) },
      drainOthers: () => watch.drainArrived(),
    });
  }
}
