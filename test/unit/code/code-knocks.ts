import { CodeEngine } from '../../../src/core/code/code-engine.ts';
import { Guesses } from '../../../src/core/code/guesses.ts';
import type { CodePorts } from '../../../src/core/door/code-ports.ts';
import type { CodeDoor } from '../../../src/core/door/door.ts';
import { type Address, addressWords, familyOf, parseAddress } from '../../../src/core/net/address.ts';
import { seconds } from '../../../src/core/net/time.ts';
import { Packet } from '../../../src/core/packet/packet.ts';

export const address = (text: string): Address => parseAddress(text) as Address;

export const codeDoor = (name: string, codePorts: CodePorts, more: Partial<CodeDoor> = {}): CodeDoor => ({
  ...{ name, codePorts, sequenceSource: { kind: 'none' }, accept: ['code'], seqTimeout: seconds(25) },
  flags: { mask: 0, value: 0 },
  opening: { commands: {}, cmdTimeout: seconds(30) } as unknown as CodeDoor['opening'],
  ...more,
});

export type CodeKnock = {
  readonly port: number;
  readonly at: number;
  readonly from?: string;
  readonly to?: string;
  readonly udp?: boolean;
  readonly flags?: number;
  readonly local?: boolean;
  readonly identity?: number;
};

const SYN = 2;

/** A code engine with packets that are written as they are thought of. */
export class TestCodes {
  readonly engine: CodeEngine;
  readonly packet = new Packet();
  readonly #guesses = new Guesses();
  #identity = 0;

  constructor(doors: readonly CodeDoor[], capacity = 1024) {
    this.engine = new CodeEngine(capacity, [1, 2]);
    this.engine.follow(doors);
  }

  /** What it completes, such as `ssh 492817`; `half`; or `nothing`. */
  offer(knock: CodeKnock): readonly string[] {
    const { packet } = this;
    const { port, at, from = '10.0.0.1', to = '10.0.0.9', udp = false, flags = SYN, local = true } = knock;
    const [source, destination] = [address(from), address(to)];
    packet.protocol = udp ? 17 : 6;
    packet.family = familyOf(source);
    [packet.source0, packet.source1, packet.source2, packet.source3] = addressWords(source);
    [packet.destination0, packet.destination1, packet.destination2, packet.destination3] =
      addressWords(destination);
    packet.sourcePort = 40_000;
    packet.destinationPort = port;
    packet.flags = udp ? 0 : flags;
    this.#identity += 1;
    packet.identity = knock.identity ?? this.#identity;
    if (!this.engine.watches(packet)) return ['nothing'];
    if (!this.engine.offer(packet, local, at, this.#guesses)) return ['nothing'];
    if (this.#guesses.count === 0) return ['half'];
    return Array.from({ length: this.#guesses.count }, (_, i) => {
      const code = String(this.#guesses.code(i)).padStart(6, '0');
      return `${this.#guesses.door(i).name} ${code}`;
    });
  }
}
