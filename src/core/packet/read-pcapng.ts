import { type ByteOrder, read16, read32 } from './byte-order.ts';
import {
  broken,
  type CapturedPacket,
  type CaptureReader,
  type CaptureStep,
  capturedPacket,
  MAX_BLOCK_LENGTH,
  MAX_CAPTURED_LENGTH,
} from './capture-record.ts';
import { type PcapngInterface, readInterface } from './pcapng-interface.ts';

// draft-ietf-opsawg-pcapng section 4. The section header's type is the same in both byte orders.
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const MAJOR_VERSION = 1;

/** Type and length precede a block's body; the length is repeated after it. */
const BLOCK_HEADER = 8;
const BLOCK_TRAILER = 4;

/** BOUNDED: interfaces of one section; one more counts as damage. */
const MAX_INTERFACES = 65_536;

export function isPcapng(head: Uint8Array): boolean {
  return head.length >= 4 && read32(head, 0, 'big') === SECTION_HEADER;
}

/** The newer capture file: sections of blocks; each section has its own byte order and interfaces. */
export class PcapngReader implements CaptureReader {
  #order: ByteOrder = 'little';
  #interfaces: PcapngInterface[] = [];
  /** The last packet's time, which is used for a simple packet block, because it has none. */
  #seconds = 0;
  #nanoseconds = 0;

  read(bytes: Uint8Array, at: number): CaptureStep {
    const needed = BLOCK_HEADER + BLOCK_TRAILER;
    if (bytes.length - at < needed) return { kind: 'short', needed };
    const isSection = read32(bytes, at, this.#order) === SECTION_HEADER;
    if (isSection && !this.#adoptByteOrder(bytes, at + BLOCK_HEADER)) {
      return broken('a section header has no byte-order magic');
    }
    const length = read32(bytes, at + 4, this.#order);
    if (length < needed || length % 4 !== 0) return broken(`${length} is no length of a block`);
    if (length > MAX_BLOCK_LENGTH)
      return broken(`a block of ${length} bytes is longer than ${MAX_BLOCK_LENGTH}`);
    if (bytes.length - at < length) return { kind: 'short', needed: length };
    const end = at + length - BLOCK_TRAILER;
    if (read32(bytes, end, this.#order) !== length) return broken('the two lengths of a block differ');
    const outcome = this.#readBody(read32(bytes, at, this.#order), bytes, at + BLOCK_HEADER, end);
    if (typeof outcome === 'string') return broken(outcome);
    return outcome === undefined ? { kind: 'skipped', length } : { kind: 'packet', length, packet: outcome };
  }

  #adoptByteOrder(bytes: Uint8Array, at: number): boolean {
    for (const order of ['little', 'big'] as const) {
      if (read32(bytes, at, order) !== BYTE_ORDER_MAGIC) continue;
      this.#order = order;
      return true;
    }
    return false;
  }

  /** A packet, `undefined` for a block without one, or a string that says what is wrong. */
  #readBody(type: number, bytes: Uint8Array, at: number, end: number): CapturedPacket | string | undefined {
    switch (type) {
      case SECTION_HEADER:
        return this.#openSection(bytes, at, end);
      case INTERFACE_DESCRIPTION:
        return this.#addInterface(bytes, at, end);
      case ENHANCED_PACKET:
        return this.#readPacket(bytes, at, end, (start) => read32(bytes, start, this.#order));
      case OBSOLETE_PACKET:
        // Its interface number has 16 bits, followed by a count of dropped packets.
        return this.#readPacket(bytes, at, end, (start) => read16(bytes, start, this.#order));
      case SIMPLE_PACKET:
        return this.#readSimplePacket(bytes, at, end);
      default:
        return undefined;
    }
  }

  #openSection(bytes: Uint8Array, at: number, end: number): string | undefined {
    if (end - at < 16) return 'a section header is too short';
    const major = read16(bytes, at + 4, this.#order);
    if (major !== MAJOR_VERSION) return `pcapng version ${major} is not known, only ${MAJOR_VERSION}`;
    this.#interfaces = [];
    return undefined;
  }

  #addInterface(bytes: Uint8Array, at: number, end: number): string | undefined {
    if (this.#interfaces.length === MAX_INTERFACES) return `more than ${MAX_INTERFACES} interfaces`;
    const added = readInterface(bytes, at, end, this.#order);
    if (typeof added === 'string') return added;
    this.#interfaces.push(added);
    return undefined;
  }

  #readPacket(
    bytes: Uint8Array,
    at: number,
    end: number,
    interfaceAt: (start: number) => number,
  ): CapturedPacket | string {
    const HEADER = 20;
    if (end - at < HEADER) return 'a packet block is too short';
    const id = interfaceAt(at);
    const source = this.#interfaces[id];
    if (source === undefined) return `interface ${id} of a packet is not described`;
    const captured = read32(bytes, at + 12, this.#order);
    const start = at + HEADER;
    if (captured > end - start || captured > MAX_CAPTURED_LENGTH) {
      return `a packet of ${captured} bytes stands in a block with room for ${end - start}`;
    }
    this.#adoptTime(source, read32(bytes, at + 4, this.#order), read32(bytes, at + 8, this.#order));
    return this.#packet(source, bytes.subarray(start, start + captured));
  }

  #readSimplePacket(bytes: Uint8Array, at: number, end: number): CapturedPacket | string {
    const source = this.#interfaces[0];
    if (source === undefined) return 'a simple packet stands before any interface description';
    if (end - at < 4) return 'a simple packet block is too short';
    const start = at + 4;
    const original = read32(bytes, at, this.#order);
    const kept = source.snapLength === 0 ? original : Math.min(original, source.snapLength);
    if (kept > end - start || kept > MAX_CAPTURED_LENGTH) {
      return `a packet of ${kept} bytes stands in a block with room for ${end - start}`;
    }
    return this.#packet(source, bytes.subarray(start, start + kept));
  }

  #adoptTime(source: PcapngInterface, high: number, low: number): void {
    // 64 bits of units do not fit into a double.
    const units = (BigInt(high) << 32n) | BigInt(low);
    this.#seconds = Number(units / source.unitsPerSecond) + source.offsetSeconds;
    this.#nanoseconds = Number(((units % source.unitsPerSecond) * 1_000_000_000n) / source.unitsPerSecond);
  }

  #packet(source: PcapngInterface, bytes: Uint8Array): CapturedPacket {
    return capturedPacket(this.#seconds, this.#nanoseconds, source.linkType, bytes, source.name);
  }
}
