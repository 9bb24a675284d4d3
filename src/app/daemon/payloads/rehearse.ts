import type { Ciphers } from '../../../core/cipher/ciphers.ts';
import { instant, millis } from '../../../core/net/time.ts';
import { bearsSignature } from '../../../core/signed/judge-knock.ts';
import { renderHead } from '../../../core/signed/knock-body.ts';
import { KEY_ID_BYTES, NONCE_BYTES } from '../../../core/signed/knock-layout.ts';
import { openKnock, type ServerKey } from '../../../core/signed/open-knock.ts';
import { ephemeralOf, sealKnock } from '../../../core/signed/seal-knock.ts';
import type { UserDirectory } from '../../../core/users/user-directory.ts';

/**
 * Opens a knock that nobody has signed, and looks at its signature by a key of each type that users have: OpenSSL looks
 * for its algorithms at their first use, which would take the first knock of the day some milliseconds.
 */
export function rehearse(ciphers: Ciphers, key: ServerKey, users: UserDirectory | undefined): void {
  const head = renderHead({
    ...{ kind: 'open', wantsReply: false, time: instant(0), length: millis(0), door: '' },
    nonce: new Uint8Array(NONCE_BYTES),
    keyId: new Uint8Array(KEY_ID_BYTES),
  });
  const secret = new Uint8Array(32).fill(1);
  const sealed = sealKnock(ciphers, key.point, ephemeralOf(ciphers, secret, false), head, new Uint8Array(0));
  const opened = sealed === undefined ? undefined : openKnock(ciphers, key, sealed.packet);
  if (opened?.kind !== 'knock') return;
  const keys = (users?.users ?? []).flatMap((user) => user.keys.map(({ knockKey }) => knockKey));
  const ofEachType = new Map(keys.map((one) => [one.key.type, one]));
  for (const one of ofEachType.values()) bearsSignature(ciphers, one, opened.body, opened.point, key.point);
}
