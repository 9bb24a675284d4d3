import { parsePaddedBase64 } from '../bytes/base64.ts';
import { SshReader } from './ssh-reader.ts';

/** PROTOCOL.key of OpenSSH: what the content begins with. */
const MAGIC = 'openssh-key-v1\0';

/**
 * The blob of the public half, which stands in clear in front of the private one that may have a passphrase. `undefined`:
 * the file is no private key of OpenSSH's own format.
 */
export function readPublicHalf(text: string): Uint8Array | undefined {
  const armour = /-----BEGIN OPENSSH PRIVATE KEY-----\s([A-Za-z0-9+/=\s]+)-----END/.exec(text);
  const bytes = armour?.[1] === undefined ? undefined : parsePaddedBase64(armour[1].replaceAll(/\s/g, ''));
  if (bytes === undefined || String.fromCharCode(...bytes.subarray(0, MAGIC.length)) !== MAGIC)
    return undefined;
  const reader = new SshReader(bytes.subarray(MAGIC.length));
  // The cipher, and how its key comes from the passphrase.
  for (let field = 0; field < 3; field++) if (reader.string() === undefined) return undefined;
  return reader.uint32() === 1 ? reader.string() : undefined;
}
