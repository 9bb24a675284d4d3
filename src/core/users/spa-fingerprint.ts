import { renderBase64 } from '../bytes/base64.ts';
import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import type { SpaCredential } from '../spa/spa-credential.ts';

/** 24 bits: people choose passphrases, and a reader of the log must not be able to confirm a guess. */
const BYTES = 3;

/** The name of an fwknop key in the log and in output. */
export function spaFingerprint(ciphers: Ciphers, { mode, key, hmac }: SpaCredential): string {
  const rest = hmac === undefined ? mode : `${mode} ${hmac.name} ${renderBase64(hmac.key)}`;
  const text = asciiBytes(`bussa spa key ${renderBase64(key)} ${rest}`);
  return `SPA:${renderBase64(ciphers.sha256(concatBytes(text)).subarray(0, BYTES))}`;
}
