import type { AesMode, HashName } from '../cipher/ciphers.ts';

/** fwknop's encryption: AES in one of five block modes, or as before version 2.5 with a key cut to 16 bytes. */
export const SPA_MODES = ['cbc', 'ctr', 'cfb', 'ofb', 'ecb', 'legacy'] as const;

/** The mode `legacy` uses no more of a key. */
export const LEGACY_KEY_BYTES = 16;

export type SpaMode = (typeof SPA_MODES)[number];

/** The secrets that an fwknop client and server share. */
export type SpaCredential = {
  readonly mode: SpaMode;
  readonly key: Uint8Array;
  /** Absent: the packets are not authenticated, and a changed packet may be accepted. */
  readonly hmac?: { readonly name: HashName; readonly key: Uint8Array };
};

export const aesModeOf = (mode: SpaMode): AesMode => (mode === 'legacy' ? 'cbc' : mode);
