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
      /** By the wall clock: when the keys before this one end. */
      readonly earlier: readonly number[];
    }
  | { readonly kind: 'refused'; readonly message: string }
  | Unusable;

/** For so long who has the card before it still gets in. */
const HELD = millis(30 * 86_400_000);

/** What clients are given of the server. */
export function readCard(configFile: string): CardReading {
  const texts = readAuthority(configFile);
  return texts.kind === 'texts' ? cardOf(texts) : texts;
}

/** Another key from now on; the one before counts for 30 more days. Without one, the first is made. */
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
