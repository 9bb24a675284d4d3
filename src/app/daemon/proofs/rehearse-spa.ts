import type { Ciphers } from '../../../core/cipher/ciphers.ts';
import { instant } from '../../../core/net/time.ts';
import { readSpaMessage, renderSpaMessage, type SpaMessage } from '../../../core/spa/spa-message.ts';
import { openSpa, sealSpa } from '../../../core/spa/spa-packet.ts';
import type { SpaOwner } from '../../../core/users/user-directory.ts';

const NOTHING: SpaMessage = {
  ...{ random: '0000000000000000', user: 'nobody', time: instant(0), version: '3.0.0' },
  ...{ type: 1, message: '0.0.0.0,tcp/1' },
};

/**
 * Encrypts and decrypts a packet with one key of each mode and digest that users have. OpenSSL looks up its algorithms
 * at their first use, which would delay the first packet by milliseconds.
 */
export function rehearseSpa(ciphers: Ciphers, owners: readonly SpaOwner[]): void {
  const ofEachKind = new Map(
    owners.map(({ spa: { credential } }) => [`${credential.mode} ${credential.hmac?.name}`, credential]),
  );
  for (const credential of ofEachKind.values()) {
    const text = renderSpaMessage(ciphers, 'sha256', NOTHING);
    const opened = openSpa(ciphers, credential, sealSpa(ciphers, credential, text, new Uint8Array(8)));
    if (opened.kind === 'opened') readSpaMessage(ciphers, opened.text);
  }
}
