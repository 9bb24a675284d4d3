/** Classic pcap files, https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-06.html, little-endian, microseconds. */

const MAGIC = 0xa1b2c3d4;
const LINKTYPE_ETHERNET = 1;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** `atSeconds` of the frames must not fall. */
export type TimedFrame = { readonly atSeconds: number; readonly frame: Buffer };

export function renderPcap(frames: readonly TimedFrame[]): Buffer {
  const header = Buffer.alloc(FILE_HEADER);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(LINKTYPE_ETHERNET, 20);
  return Buffer.concat([header, ...frames.flatMap(renderRecord)]);
}

function renderRecord({ atSeconds, frame }: TimedFrame): [Buffer, Buffer] {
  const header = Buffer.alloc(RECORD_HEADER);
  const micros = Math.round(atSeconds * 1e6);
  header.writeUInt32LE(Math.floor(micros / 1e6), 0);
  header.writeUInt32LE(micros % 1e6, 4);
  header.writeUInt32LE(frame.length, 8);
  header.writeUInt32LE(frame.length, 12);
  return [header, frame];
}
