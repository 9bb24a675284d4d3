import { type FleetVerb, isFleetVerb, MAX_FLEET_LINE } from '../../../core/control/fleet-link.ts';
import { PROTOCOL } from '../../../core/control/greeting.ts';
import { isObject } from '../../../core/control/reader.ts';
import type { Event } from '../../../core/event/event.ts';
import { type ControlReply, ControlServer } from '../../../host/control/control-server.ts';
import type { FleetVerbs } from '../../../host/control/control-verbs.ts';
import { fleetSocketIn } from '../../state/open-state.ts';
import { answerCarrier } from './answer-request.ts';

export type FleetSocketParts = {
  /** The daemon's own. */
  readonly directory: string;
  readonly version: string;
  readonly verbs: () => FleetVerbs;
  readonly report: (event: Event) => void;
};

/** The socket `fleet` for the carrier, which cannot control the daemon here. */
export class FleetSocket {
  readonly #parts: FleetSocketParts;
  #server: ControlServer | undefined;

  constructor(parts: FleetSocketParts) {
    this.#parts = parts;
  }

  /** Without the socket nothing is shared, and the log says why. */
  async open(): Promise<boolean> {
    const { directory, report } = this.#parts;
    const path = fleetSocketIn(directory);
    try {
      const limits = { idleMs: 0, maxLineBytes: MAX_FLEET_LINE };
      this.#server = await ControlServer.open(path, (request) => this.#answer(request), limits);
      return true;
    } catch (error) {
      const text = `${path}: ${(error as Error).message}: nothing is shared with the fleet; restart the daemon when the cause is gone`;
      report({ kind: 'error', text });
      return false;
    }
  }

  close(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  async *#answer(request: unknown): AsyncGenerator<ControlReply> {
    const { verbs, version } = this.#parts;
    const verb = verbIn(request);
    if (verb === 'ping') yield { ok: true, protocol: PROTOCOL, version };
    else if (verb === undefined) yield { ok: false, error: 'at this socket only `bussa fleet` is answered' };
    else yield* answerCarrier(verbs(), verb, request);
  }
}

function verbIn(request: unknown): FleetVerb | 'ping' | undefined {
  const verb = isObject(request) ? request.verb : undefined;
  return verb === 'ping' || isFleetVerb(verb) ? verb : undefined;
}
