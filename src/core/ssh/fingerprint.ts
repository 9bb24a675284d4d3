import { renderBase64 } from '../bytes/base64.ts';
import type { Ciphers } from '../cipher/ciphers.ts';

/** Of a public key's blob, as `ssh-keygen -l` shows it. */
export const fingerprintOf = (ciphers: Ciphers, blob: Uint8Array): string =>
  `SHA256:${renderBase64(ciphers.sha256(blob))}`;
