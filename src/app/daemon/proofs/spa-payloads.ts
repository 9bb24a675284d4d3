import { acceptsProof } from '../../../core/door/door.ts';
import { renderSpaFilter } from '../../../core/filter/spa-filter.ts';
import { HMAC_CHARS } from '../../../core/spa/spa-packet.ts';
import { DEFAULT_SPA_PORT, SPA_TRANSPORTS } from '../../../core/spa/spa-transport.ts';
import type { SpaOwner } from '../../../core/users/user-directory.ts';
import type { Capture, CaptureCounters } from '../../../host/capture/capture.ts';
import { backlogLimitOf, SPA_RING } from '../../../host/capture/ring-capture.ts';
import { nodeCiphers as ciphers } from '../../../host/crypto/node-ciphers.ts';
import { PayloadLoop } from './payload-loop.ts';
import { PayloadRing } from './payload-ring.ts';
import type { PayloadSource } from './payload-source.ts';
import { rehearseSpa } from './rehearse-spa.ts';
import { SpaJudge } from './spa-judge.ts';
import { SpaPackets } from './spa-packets.ts';

/** Receives fwknop packets while a door accepts them and a user has a key. A flood of them delays no other knock. */
export class SpaPayloads {
  readonly #source: PayloadSource;
  /** Reads the other rings, which have precedence. */
  readonly #drainOthers: () => void;
  readonly #ring = new PayloadRing(SPA_RING, (capture) => this.#openLoop(capture));
  #judge: SpaJudge | undefined;

  constructor(source: PayloadSource, drainOthers: () => void) {
    this.#source = source;
    this.#drainOthers = drainOthers;
  }

  /** Applies the current configuration. */
  follow(): void {
    const { inForce, ipv6 } = this.#source.parts;
    const { settings, doors } = inForce.current;
    const owners = inForce.authority?.users.spa ?? [];
    const { spaPort: port = DEFAULT_SPA_PORT, spaTransports: transports = SPA_TRANSPORTS } = settings;
    const filter = renderSpaFilter({ port, transports, hmacChars: hmacCharsOf(owners) }, { ipv6 });
    if (owners.length === 0 || filter === '' || !doors.some((door) => acceptsProof(door, 'spa'))) {
      this.#ring.close();
      return;
    }
    const isNew = this.#ring.hear(filter);
    this.#judge?.follow({ port, transports, hmacChars: hmacCharsOf(owners) });
    if (isNew) rehearseSpa(ciphers, owners);
  }

  packets(): CaptureCounters {
    return this.#ring.packets();
  }

  close(): void {
    this.#ring.close();
  }

  #openLoop(capture: Capture): PayloadLoop {
    const source = this.#source;
    const { inForce, spa: counters, report } = source.parts;
    if (this.#judge === undefined) {
      const packets = new SpaPackets({
        ...{ ciphers, inForce, counters, report },
        record: source.record,
        admit: (completion, whyNot, use) => source.admit(completion, whyNot, use),
        onOpened: (packet) => source.onOpened(packet),
      });
      this.#judge = new SpaJudge({ counters, packets });
    }
    return new PayloadLoop({
      ...source.loopParts('spa'),
      ...{ capture, judge: this.#judge, backlogLimit: backlogLimitOf(SPA_RING) },
      drainOthers: this.#drainOthers,
    });
  }
}

function hmacCharsOf(owners: readonly SpaOwner[]): readonly number[] {
  const chars = owners.map(({ spa: { credential } }) =>
    credential.hmac === undefined ? 0 : HMAC_CHARS[credential.hmac.name],
  );
  return [...new Set(chars)];
}
