import type { CaptureDamage, CapturedPacket, CaptureReader } from './capture-record.ts';
import { PcapReader, pcapVariant } from './read-pcap.ts';
import { isPcapng, PcapngReader } from './read-pcapng.ts';

/** The number of bytes at a file's beginning that identify its format. */
export const CAPTURE_MAGIC_LENGTH = 4;

/** The reader for a file that begins with these bytes; `undefined`: neither pcap nor pcapng. */
export function captureReader(head: Uint8Array): CaptureReader | undefined {
  if (isPcapng(head)) return new PcapngReader();
  const variant = pcapVariant(head);
  return variant === undefined ? undefined : new PcapReader(variant);
}

/** Every packet of a whole capture file. If it is damaged, the last value says so. */
export function* readCaptureFile(
  file: Uint8Array,
): Generator<CapturedPacket | CaptureDamage, void, undefined> {
  const reader = captureReader(file);
  if (reader === undefined) {
    yield { kind: 'damaged', offset: 0, reason: 'neither a pcap nor a pcapng file' };
    return;
  }
  for (let at = 0; at < file.length; ) {
    const step = reader.read(file, at);
    if (step.kind === 'broken') {
      yield { kind: 'damaged', offset: at, reason: step.reason };
      return;
    }
    if (step.kind === 'short') {
      yield cutOff(at, file.length - at, step.needed);
      return;
    }
    if (step.kind === 'packet') yield step.packet;
    at += step.length;
  }
}

/** The damage of a file that ends inside a record. */
export function cutOff(offset: number, present: number, needed: number): CaptureDamage {
  return {
    kind: 'damaged',
    offset,
    reason: `the file ends inside a record, at least ${needed - present} bytes too early`,
  };
}
