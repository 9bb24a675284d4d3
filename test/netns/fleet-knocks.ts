import type { EnginePair } from '../lab/engine-pair.ts';
import type { FleetFixture } from './fleet-fixture.ts';

type AnyFleet = FleetFixture | FleetFixture<EnginePair>;

/** Knocks of new sources at a door, one after the other. */
export class FleetKnocks {
  readonly #stage: AnyFleet;
  readonly #door: string;
  readonly #ports: readonly string[];
  /** The sources that must have the door open. */
  readonly open: string[] = [];
  #next = 0;

  constructor(stage: AnyFleet, door: string, ports: readonly string[]) {
    this.#stage = stage;
    this.#door = door;
    this.#ports = ports;
  }

  source(): string {
    this.#next += 1;
    return `10.61.${this.#next >> 8}.${this.#next & 255}`;
  }

  /** So many, at the hosts in turn; each opens where it was knocked before the next one is sent. */
  async send(count: number, hosts = this.#stage.hosts): Promise<void> {
    for (let n = 0; n < count; n++) {
      const host = hosts[n % hosts.length];
      if (host === undefined) return;
      const source = this.source();
      await this.#stage.knockAt(host, source, this.#ports);
      await host.daemon.saw(new RegExp(`${source.replaceAll('.', '\\.')}: ${this.#door}: opened`));
      this.open.push(source);
    }
  }

  /** Until all hosts have the same ones open, and the kernel of each lets them in. */
  same(): Promise<void> {
    return this.#stage.haveAll(this.#door, this.open);
  }
}
