import { concatBytes, uint32 } from '../bytes/concat-bytes.ts';
import type { Ciphers, EcdsaCurve, VerifyKey } from '../cipher/ciphers.ts';
import type { SshPublicKey } from './public-key.ts';
import { SshReader } from './ssh-reader.ts';
import { sshString } from './ssh-writer.ts';

/** Flags of a hardware token's signature (OpenSSH's PROTOCOL.u2f): it was touched; a PIN or fingerprint was checked. */
export const TOKEN_FLAG = { touched: 1, verified: 4 } as const;

/** `flags`: of a hardware token's signature. `counter`: the token's signature count, if it has one. */
export type SignatureJudgement =
  | { readonly kind: 'good'; readonly flags?: number; readonly counter?: number }
  | { readonly kind: 'bad' };

const BAD: SignatureJudgement = { kind: 'bad' };

const ORDER_BYTES = { nistp256: 32, nistp384: 48, nistp521: 66 } as const satisfies Record<
  EcdsaCurve,
  number
>;

/** What an SSH key signs instead of a message's hash (OpenSSH's PROTOCOL.sshsig). */
export function sshsigText(namespace: string, sha512: Uint8Array): Uint8Array {
  const magic = Uint8Array.of(0x53, 0x53, 0x48, 0x53, 0x49, 0x47);
  return concatBytes(magic, sshString(namespace), sshString(''), sshString('sha512'), sshString(sha512));
}

/** Whether the signature, as returned by an SSH agent, is the key's signature of `text`. */
export function judgeSignature(
  ciphers: Ciphers,
  key: SshPublicKey,
  text: Uint8Array,
  signature: Uint8Array,
): SignatureJudgement {
  const reader = new SshReader(signature);
  if (reader.ascii() !== algorithmOf(key)) return BAD;
  const bytes = reader.string();
  if (bytes === undefined) return BAD;
  const raw = rawSignature(key.key, bytes);
  if (raw === undefined) return BAD;
  if (key.application === undefined) {
    return reader.isAtEnd && ciphers.verify(key.key, text, raw) ? { kind: 'good' } : BAD;
  }
  const flags = reader.byte();
  const counter = reader.uint32();
  if (flags === undefined || counter === undefined || !reader.isAtEnd) return BAD;
  const application = ciphers.sha256(key.application);
  const signed = concatBytes(application, Uint8Array.of(flags), uint32(counter), ciphers.sha256(text));
  return ciphers.verify(key.key, signed, raw) ? { kind: 'good', flags, counter } : BAD;
}

/** RSA must use SHA-512: `ssh-rsa` would mean SHA-1 (RFC 8332, section 3). */
function algorithmOf({ type }: SshPublicKey): string {
  return type === 'ssh-rsa' ? 'rsa-sha2-512' : type;
}

/** In the form that the ciphers take. */
function rawSignature(key: VerifyKey, bytes: Uint8Array): Uint8Array | undefined {
  switch (key.kind) {
    case 'ed25519':
      return bytes.length === 64 ? bytes : undefined;
    case 'rsa':
      // Some agents omit leading zero bytes.
      return bytes.length === 0 ? undefined : padded(bytes, key.modulus.length);
    case 'ecdsa': {
      const length = ORDER_BYTES[key.curve];
      const reader = new SshReader(bytes);
      const r = reader.positive(length);
      const s = reader.positive(length);
      if (r === undefined || s === undefined || !reader.isAtEnd) return undefined;
      return concatBytes(padded(r, length) as Uint8Array, padded(s, length) as Uint8Array);
    }
    default:
      return key satisfies never;
  }
}

function padded(bytes: Uint8Array, length: number): Uint8Array | undefined {
  if (bytes.length > length) return undefined;
  return concatBytes(new Uint8Array(length - bytes.length), bytes);
}
