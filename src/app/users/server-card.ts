import { randomBytes } from 'node:crypto';
import { after, instant, millis } from '../../core/net/time.ts';
import { renderCard } from '../../core/signed/server-card.ts';
import { renderServerKeys, rotateServerKeys } from '../../core/signed/server-keys.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import {
  type AuthorityTexts,
  readAuthority,
  type Unusable,
  unusable,
  writePrivate,
} from './authority-texts.ts';
import { withUsersLock } from './users-lock.ts';

export type CardReading =
  | {
      readonly kind: 'card';
      readonly card: string;
      readonly port: number;
      /** Wall-clock times at which the earlier keys end. */
      readonly earlier: readonly number[];
    }
  | { readonly kind: 'refused'; readonly message: string }
  | Unusable;

/** How long clients with the previous card still get in. */
const HELD = millis(30 * 86_400_000);

/** The server's card for clients. */
export function readCard(configFile: string): CardReading {
  const texts = readAuthority(configFile);
  return texts.kind === 'texts' ? cardOf(texts) : texts;
}

/** Creates a new key; the previous one stays valid for 30 more days. Without one, the first is created. */
export function rotateKey(configFile: string, wall: number): CardReading {
  return withUsersLock(configFile, () => rotate(configFile, wall));
}

function rotate(configFile: string, wall: number): CardReading {
  const texts = readAuthority(configFile);
  if (texts.kind !== 'texts') return texts;
  const now = instant(wall);
  const keys = rotateServerKeys(texts.serverKeys ?? [], randomBytes(32), now, after(now, HELD));
  try {
    writePrivate(texts.keyFile, new TextEncoder().encode(renderServerKeys(keys)));
  } catch (error) {
    return unusable(error as NodeJS.ErrnoException);
  }
  return readCard(configFile);
}

export function cardOf({ config, keyFile, serverKeys }: AuthorityTexts): CardReading {
  const { signedPort: port } = config.settings;
  if (serverKeys === undefined)
    return { kind: 'refused', message: `there is no ${keyFile}: \`bussa user add NAME KEY.pub\` makes it` };
  if (port === undefined) {
    const message = 'no port is set for signed knocks: `bussa user add NAME KEY.pub` sets Signed_Port';
    return { kind: 'refused', message };
  }
  const [{ public: key }, ...others] = serverKeys;
  const earlier = others.map(({ until = 0 }) => until);
  return { kind: 'card', card: renderCard(nodeCiphers, { port, key }), port, earlier };
}
