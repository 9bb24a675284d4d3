import { type ByteOrder, read16, read32 } from './byte-order.ts';
import {
  broken,
  type CaptureReader,
  type CaptureStep,
  capturedPacket,
  MAX_CAPTURED_LENGTH,
} from './capture-record.ts';

// pcap-savefile(5).
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MAJOR_VERSION = 2;

type Variant = { readonly order: ByteOrder; readonly nanosecondsPerUnit: number };

/** The kind of classic capture file that begins with these bytes, if it is one. */
export function pcapVariant(head: Uint8Array): Variant | undefined {
  if (head.length < 4) return undefined;
  for (const order of ['little', 'big'] as const) {
    const magic = read32(head, 0, order);
    if (magic === MAGIC_MICROSECONDS) return { order, nanosecondsPerUnit: 1000 };
    if (magic === MAGIC_NANOSECONDS) return { order, nanosecondsPerUnit: 1 };
  }
  return undefined;
}

/** A classic capture file: one header, one link type, then records. */
export class PcapReader implements CaptureReader {
  readonly #order: ByteOrder;
  readonly #nanosecondsPerUnit: number;
  #linkType: number | undefined;

  constructor({ order, nanosecondsPerUnit }: Variant) {
    this.#order = order;
    this.#nanosecondsPerUnit = nanosecondsPerUnit;
  }

  read(bytes: Uint8Array, at: number): CaptureStep {
    if (this.#linkType === undefined) return this.#readFileHeader(bytes, at);
    return this.#readRecord(bytes, at, this.#linkType);
  }

  #readFileHeader(bytes: Uint8Array, at: number): CaptureStep {
    if (bytes.length - at < FILE_HEADER) return { kind: 'short', needed: FILE_HEADER };
    const major = read16(bytes, at + 4, this.#order);
    if (major !== MAJOR_VERSION) return broken(`pcap version ${major} is not known, only ${MAJOR_VERSION}`);
    // The upper half describes frame check sequences, which follow the packet.
    this.#linkType = read32(bytes, at + 20, this.#order) & 0xffff;
    return { kind: 'skipped', length: FILE_HEADER };
  }

  #readRecord(bytes: Uint8Array, at: number, linkType: number): CaptureStep {
    if (bytes.length - at < RECORD_HEADER) return { kind: 'short', needed: RECORD_HEADER };
    const captured = read32(bytes, at + 8, this.#order);
    if (captured > MAX_CAPTURED_LENGTH) {
      return broken(`a packet of ${captured} bytes is longer than any (${MAX_CAPTURED_LENGTH})`);
    }
    const length = RECORD_HEADER + captured;
    if (bytes.length - at < length) return { kind: 'short', needed: length };
    const units = read32(bytes, at + 4, this.#order) * this.#nanosecondsPerUnit;
    const seconds = read32(bytes, at, this.#order) + Math.floor(units / 1e9);
    const packet = capturedPacket(
      seconds,
      units % 1e9,
      linkType,
      bytes.subarray(at + RECORD_HEADER, at + length),
    );
    return { kind: 'packet', length, packet };
  }
}
