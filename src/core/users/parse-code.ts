import { renderBase64 } from '../bytes/base64.ts';
import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { parseBase32 } from '../code/totp.ts';
import type { Findings } from '../text/findings.ts';
import type { Word } from '../text/word.ts';
import type { UserCode } from './user.ts';

/** RFC 4226, section 4, R6; the upper limit is SHA-1's block size. */
const MIN_BYTES = 16;
const MAX_BYTES = 64;

/** The secret of an authenticator app. No finding quotes any of it. */
export function parseCode(value: Word, ciphers: Ciphers, findings: Findings): UserCode | undefined {
  const secret = parseBase32(value.text);
  if (secret !== undefined && secret.length >= MIN_BYTES && secret.length <= MAX_BYTES)
    return codeOfSecret(ciphers, secret);
  const wrong =
    value.text === ''
      ? 'a secret is missing'
      : secret === undefined
        ? 'the secret is not base32'
        : `the secret has ${secret.length} bytes, it needs ${MIN_BYTES} to ${MAX_BYTES}`;
  findings.error(value, `${wrong}: delete the line, and have \`bussa user add NAME --code\` make one`);
  return undefined;
}

/** 48 bits: enough to tell secrets apart, too few to reveal one. */
const FINGERPRINT_BYTES = 6;

export function codeOfSecret(ciphers: Ciphers, secret: Uint8Array): UserCode {
  const hash = ciphers.sha256(concatBytes(asciiBytes('bussa code secret '), secret));
  return { secret, fingerprint: `CODE:${renderBase64(hash.subarray(0, FINGERPRINT_BYTES))}` };
}
