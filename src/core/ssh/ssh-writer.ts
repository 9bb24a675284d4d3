import { asciiBytes, concatBytes, uint32 } from '../bytes/concat-bytes.ts';

/** A string in SSH's wire format (RFC 4251, section 5): its length, then the bytes. */
export function sshString(bytes: Uint8Array | string): Uint8Array {
  const content = typeof bytes === 'string' ? asciiBytes(bytes) : bytes;
  return concatBytes(uint32(content.length), content);
}
