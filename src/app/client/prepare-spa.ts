import { randomBytes, randomInt } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Profile } from '../../core/client/profile.ts';
import { DEFAULT_RESOLVE_URL, renderAccessMessage } from '../../core/client/spa-access.ts';
import type { Address } from '../../core/net/address.ts';
import { instant, type Millis } from '../../core/net/time.ts';
import { parseSpaKeys, type SpaKeys } from '../../core/spa/spa-keys.ts';
import { renderSpaMessage } from '../../core/spa/spa-message.ts';
import { sealSpa } from '../../core/spa/spa-packet.ts';
import { isSpaUser } from '../../core/spa/spa-user.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { outsideAddress } from '../../host/network/outside-address.ts';
import { expandPath } from './expand-path.ts';
import { readPrivateFile } from './private-file.ts';

/** The keys of a profile, and the address to request. Absent address: the packet's own source. */
export type PreparedSpa = {
  readonly kind: 'ready';
  readonly keys: SpaKeys;
  readonly address?: Address;
};

/** One sentence, with the remedy. */
export type SpaFailure = { readonly kind: 'failed'; readonly reasons: readonly string[] };

/** The version that fwknop 2.6.10 writes (FKO_PROTOCOL_VERSION). */
const VERSION = '3.0.0';
const SALT_BYTES = 8;
const RANDOM_DIGITS = 16;

/** fwknopd requires a user name. This one replaces names that it would refuse. */
const NOBODY = 'bussa';

/** Reads the keys, and asks for the outside address if it is needed. */
export async function prepareSpa(profile: Profile, patience: Millis): Promise<PreparedSpa | SpaFailure> {
  const loaded = await loadSpaKeys(profile);
  if (loaded.kind === 'failed') return loaded;
  const { keys } = loaded;
  const { spaAddress: wish } = profile;
  if (wish === undefined || wish.kind === 'packet') return { kind: 'ready', keys };
  if (wish.kind === 'address') return { kind: 'ready', keys, address: wish.address };
  const outside = await outsideAddress(profile.spaResolveUrl ?? DEFAULT_RESOLVE_URL, patience);
  if (outside.kind === 'address') return { kind: 'ready', keys, address: outside.address };
  const remedy = 'name another page in SpaResolveUrl, or write SpaAddress packet, or the address itself';
  return { kind: 'failed', reasons: [`${outside.reason}; ${remedy}`] };
}

async function loadSpaKeys(profile: Profile): Promise<{ kind: 'loaded'; keys: SpaKeys } | SpaFailure> {
  const { name, spaKeyFile } = profile;
  if (spaKeyFile === undefined)
    return failed(
      `the profile of ${name} has a Spa and no SpaKeyFile: name the file with fwknopd’s keys there`,
    );
  const path = expandPath(spaKeyFile, profile);
  const file = await readPrivateFile(path, 'a file with keys');
  if (file.kind === 'missing')
    return failed(`the key file ${path} does not exist: SpaKeyFile in the profile of ${name} names it`);
  if (file.kind !== 'read') return failed(...file.errors);
  const parsed = parseSpaKeys(path, file.bytes);
  if (parsed.kind === 'bad') return failed(...parsed.diagnostics.map(renderDiagnostic));
  return { kind: 'loaded', keys: parsed.keys };
}

const failed = (...reasons: readonly string[]): SpaFailure => ({ kind: 'failed', reasons });

/** Makes a new packet: fwknopd accepts each packet only once. */
export function makeSpaPacket(profile: Profile, { keys, address }: PreparedSpa): Uint8Array {
  const { spa = [], spaTimeout: timeout = profile.openFor, spaTimeOffset: offset = 0 } = profile;
  const text = renderSpaMessage(nodeCiphers, keys.digest, {
    random: Array.from({ length: RANDOM_DIGITS }, () => randomInt(10)).join(''),
    user: profile.spaUser ?? ownUser(),
    time: instant(Date.now() + offset),
    version: VERSION,
    type: timeout === undefined ? 1 : 3,
    message: renderAccessMessage(address, spa),
    ...(timeout === undefined ? {} : { timeout }),
  });
  const packet = sealSpa(nodeCiphers, keys.credential, text, randomBytes(SALT_BYTES));
  return new TextEncoder().encode(packet);
}

/** The current uid may have no user name. */
function ownUser(): string {
  try {
    const { username } = userInfo();
    return isSpaUser(username) ? username : NOBODY;
  } catch {
    return NOBODY;
  }
}
