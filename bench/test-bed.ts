import { readFileSync } from 'node:fs';
import type { Macs } from '../test/lab/frame.ts';
import { WorkDirectory } from '../test/lab/knockd.ts';
import type { Program } from '../test/lab/program.ts';
import { macsOf, Wire } from '../test/lab/wire.ts';

/** The one wire on which the contenders take turns, and a directory for what they need. */
export class TestBed implements AsyncDisposable {
  readonly wire: Wire;
  readonly macs: Macs;
  readonly directory = new WorkDirectory();
  /** Stays in the server's namespace, so that its counters can be read whoever else is there. */
  readonly #anchor: Program;

  private constructor(wire: Wire, macs: Macs) {
    this.wire = wire;
    this.macs = macs;
    this.#anchor = wire.server.start('cat');
  }

  static async create(): Promise<TestBed> {
    const wire = await Wire.create();
    // As on a host that hides: nothing answers the noise, which leaves the machine to the daemon.
    await wire.server.run('/sbin/iptables', '-w', '-P', 'INPUT', 'DROP');
    return new TestBed(wire, await macsOf(wire));
  }

  /** Packets that the server's eth0 has received. */
  receivedPackets(): number {
    const line = /eth0:\s*\d+\s+(\d+)/.exec(readFileSync(`/proc/${this.#anchor.pid}/net/dev`, 'utf8'));
    return Number(line?.[1] ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#anchor[Symbol.asyncDispose]();
    await this.wire[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

export function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}

/** Numbers of rounds, as many as wanted; fewer where another one would take longer than what is left of `seconds`. */
export function* roundsWithin(seconds: number, wanted: number): Generator<number> {
  const from = performance.now();
  for (let round = 0; round < wanted; round++) {
    const passed = (performance.now() - from) / 1000;
    if (round > 0 && passed + passed / round > seconds) return;
    yield round;
  }
}
