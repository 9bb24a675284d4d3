import type { AesMode, HashName } from '../cipher/ciphers.ts';

/** How fwknop encrypts: AES chained in one of five ways, or as before version 2.5 with a key cut to 16 bytes. */
export const SPA_MODES = ['cbc', 'ctr', 'cfb', 'ofb', 'ecb', 'legacy'] as const;

export type SpaMode = (typeof SPA_MODES)[number];

/** What a sender and a server of fwknop share. */
export type SpaCredential = {
  readonly mode: SpaMode;
  readonly key: Uint8Array;
  /** Absent where the packets are not authenticated: then whoever changes one may be lucky. */
  readonly hmac?: { readonly name: HashName; readonly key: Uint8Array };
};

export const aesModeOf = (mode: SpaMode): AesMode => (mode === 'legacy' ? 'cbc' : mode);
