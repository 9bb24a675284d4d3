import { renderBase64 } from '../bytes/base64.ts';
import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import type { SpaCredential } from '../spa/spa-credential.ts';

/** 24 bits: people choose passphrases, and whoever reads the log must not be able to tell a right guess. */
const BYTES = 3;

/** By what log and verbs name a key of fwknop's. */
export function spaFingerprint(ciphers: Ciphers, { mode, key, hmac }: SpaCredential): string {
  const rest = hmac === undefined ? mode : `${mode} ${hmac.name} ${renderBase64(hmac.key)}`;
  const text = asciiBytes(`bussa spa key ${renderBase64(key)} ${rest}`);
  return `SPA:${renderBase64(ciphers.sha256(concatBytes(text)).subarray(0, BYTES))}`;
}
