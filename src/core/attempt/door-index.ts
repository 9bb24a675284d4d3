import type { Door } from '../door/door.ts';
import { addressWords, familyOf } from '../net/address.ts';
import { AddressTable } from '../net/address-table.ts';
import { PROTOCOL_NUMBER } from '../net/protocol.ts';
import type { Packet } from '../packet/packet.ts';

/** Protocol and port as one number. */
export const stepCode = (protocol: number, port: number): number => (protocol << 16) | port;

const PORTS = 65_536;

/** Door numbers have 16 bits in an attempt's row. */
export const MAX_DOORS = 65_535;

/** The group of doors that watch the host's own addresses. */
export const OWN_GROUP = 0;

/**
 * The group of doors with this target. Two targets may share a number: it only selects where attempts are looked up.
 */
function groupOf(w0: number, w1: number, w2: number, w3: number): number {
  const mixed =
    Math.imul(w0, 0x9e3779b1) ^
    Math.imul(w1, 0x85ebca6b) ^
    Math.imul(w2, 0xc2b2ae35) ^
    Math.imul(w3, 0x27d4eb2f);
  return mixed === OWN_GROUP ? 1 : mixed;
}

type Destination = Pick<Packet, 'destination0' | 'destination1' | 'destination2' | 'destination3'>;

export const targetGroup = ({
  destination0,
  destination1,
  destination2,
  destination3,
}: Destination): number => groupOf(destination0, destination1, destination2, destination3);

/**
 * Index for the question asked for every packet: which doors have this port in their sequence? A door keeps its number
 * as long as its knocks stay the same. BOUNDED: by the doors; 512 KiB for the ports.
 */
export class DoorIndex {
  /** By door number; unused numbers are gaps. */
  readonly doors: readonly (Door | undefined)[];
  /** Start of a port's run of doors in `#entries`, 0 for none; TCP ports first, then UDP ports. */
  readonly #runs: Uint32Array;
  /** Runs of door numbers plus one, each terminated by a 0. */
  readonly #entries: Uint32Array;
  readonly #stepsFrom: Uint32Array;
  readonly #steps: Uint32Array;
  readonly #lengths: Uint32Array;
  readonly #flagMasks: Uint8Array;
  readonly #flagValues: Uint8Array;
  readonly #timeouts: Float64Array;
  /** Family (0: the host's own addresses) and four address words per door. */
  readonly #targets: Uint32Array;
  readonly #groups: Int32Array;
  /** All targets. */
  readonly #allTargets: AddressTable;

  constructor(doors: readonly (Door | undefined)[]) {
    this.doors = doors;
    const count = doors.length;
    this.#runs = new Uint32Array(2 * PORTS);
    this.#stepsFrom = new Uint32Array(count);
    this.#lengths = new Uint32Array(count);
    this.#flagMasks = new Uint8Array(count);
    this.#flagValues = new Uint8Array(count);
    this.#timeouts = new Float64Array(count);
    this.#targets = new Uint32Array(count * 5);
    this.#groups = new Int32Array(count);
    this.#allTargets = new AddressTable(
      doors.flatMap((door) => (door?.target === undefined ? [] : [door.target])),
      { loopback: false },
    );
    const steps: number[] = [];
    const runs = new Map<number, number[]>();
    for (const [number, door] of doors.entries()) {
      if (door === undefined) continue;
      this.#compileDoor(number, door, steps);
      for (const code of new Set(steps.slice(-door.sequence.length))) {
        const run = runs.get(code);
        if (run === undefined) runs.set(code, [number]);
        else run.push(number);
      }
    }
    this.#steps = Uint32Array.from(steps);
    this.#entries = this.#compileRuns(runs);
  }

  /** The place of the first door with this port, for `entry`; 0: none. */
  firstEntry(protocol: number, port: number): number {
    return this.#runs[runIndex(protocol, port)] as number;
  }

  /** The door number at a place, or -1 at the end of the run. */
  entry(at: number): number {
    return (this.#entries[at] as number) - 1;
  }

  /** Whether the door listens to such packets. `local`: it was sent to an address of this host. */
  concerns(door: number, packet: Packet, local: boolean): boolean {
    if (packet.protocol === PROTOCOL_NUMBER.tcp) {
      const mask = this.#flagMasks[door] as number;
      if ((packet.flags & mask) !== this.#flagValues[door]) return false;
    }
    const at = door * 5;
    const family = this.#targets[at] as number;
    if (family === 0) return local;
    return (
      family === packet.family &&
      this.#targets[at + 1] === packet.destination0 &&
      this.#targets[at + 2] === packet.destination1 &&
      this.#targets[at + 3] === packet.destination2 &&
      this.#targets[at + 4] === packet.destination3
    );
  }

  /** Whether the packet is sent to a target of any door. */
  isTarget({ family, destination0, destination1, destination2, destination3 }: Packet): boolean {
    return this.#allTargets.has(family, destination0, destination1, destination2, destination3);
  }

  /** A number for all doors with the same target; `OWN_GROUP` without one. */
  group(door: number): number {
    return this.#groups[door] as number;
  }

  /** The step, as a `stepCode`, that an attempt at `stage` waits for. */
  expected(door: number, stage: number): number {
    return this.#steps[(this.#stepsFrom[door] as number) + stage] as number;
  }

  length(door: number): number {
    return this.#lengths[door] as number;
  }

  timeout(door: number): number {
    return this.#timeouts[door] as number;
  }

  /** The shortest timeout of the doors from this place on that listen to the packet; infinite if none does. */
  shortestTimeout(from: number, packet: Packet, local: boolean): number {
    let shortest = Number.POSITIVE_INFINITY;
    for (let at = from, door = this.entry(at); door >= 0; door = this.entry(++at)) {
      if (this.concerns(door, packet, local)) shortest = Math.min(shortest, this.timeout(door));
    }
    return shortest;
  }

  #compileDoor(number: number, door: Door, steps: number[]): void {
    this.#stepsFrom[number] = steps.length;
    this.#lengths[number] = door.sequence.length;
    this.#flagMasks[number] = door.flags.mask;
    this.#flagValues[number] = door.flags.value;
    this.#timeouts[number] = door.seqTimeout;
    if (door.target !== undefined) {
      const words = addressWords(door.target);
      this.#targets.set([familyOf(door.target), ...words], number * 5);
      this.#groups[number] = groupOf(...words);
    }
    for (const step of door.sequence) steps.push(stepCode(PROTOCOL_NUMBER[step.protocol], step.port));
  }

  #compileRuns(runs: ReadonlyMap<number, readonly number[]>): Uint32Array {
    const entries: number[] = [0];
    for (const [code, run] of runs) {
      this.#runs[runIndex(code >>> 16, code & 0xffff)] = entries.length;
      for (const number of run) entries.push(number + 1);
      entries.push(0);
    }
    return Uint32Array.from(entries);
  }
}

function runIndex(protocol: number, port: number): number {
  return protocol === PROTOCOL_NUMBER.udp ? PORTS + port : port;
}
