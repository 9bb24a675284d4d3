import { parsePaddedBase64 } from '../bytes/base64.ts';
import { SshReader } from './ssh-reader.ts';

/** OpenSSH's PROTOCOL.key: the magic bytes. */
const MAGIC = 'openssh-key-v1\0';

/**
 * The blob of the public half, which is stored unencrypted before the private one. `undefined`: the file is not a
 * private key in OpenSSH's own format.
 */
export function readPublicHalf(text: string): Uint8Array | undefined {
  const armour = /-----BEGIN OPENSSH PRIVATE KEY-----\s([A-Za-z0-9+/=\s]+)-----END/.exec(text);
  const bytes = armour?.[1] === undefined ? undefined : parsePaddedBase64(armour[1].replaceAll(/\s/g, ''));
  if (bytes === undefined || String.fromCharCode(...bytes.subarray(0, MAGIC.length)) !== MAGIC)
    return undefined;
  const reader = new SshReader(bytes.subarray(MAGIC.length));
  // The cipher, and how its key is derived from the passphrase.
  for (let field = 0; field < 3; field++) if (reader.string() === undefined) return undefined;
  return reader.uint32() === 1 ? reader.string() : undefined;
}
