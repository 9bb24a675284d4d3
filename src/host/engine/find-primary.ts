import { type EnginePlace, isLoopback } from '../../core/fleet/engine-address.ts';
import { parsePort } from '../../core/net/port.ts';
import { type EngineLibrary, type EngineReply, openEngineClient } from './engine-client.ts';
import { EngineError } from './engine-error.ts';
import type { EngineFiles } from './engine-files.ts';

/** A name or an address that is safe in log lines. */
const HOST = /^[A-Za-z0-9_.:-]{1,253}$/;

export type Sentinels = {
  readonly tls: boolean;
  readonly places: readonly EnginePlace[];
  readonly name: string;
};

/**
 * Finds the current primary. `first`: the sentinel to ask first, so that one that is wrong or hangs is not asked first
 * each time. Throws an `EngineError`.
 */
export async function findPrimary(
  { tls, places, name }: Sentinels,
  files: EngineFiles,
  first: number,
  library?: EngineLibrary,
): Promise<EnginePlace> {
  const reasons: string[] = [];
  for (let at = 0; at < places.length; at++) {
    const place = places[(first + at) % places.length] as EnginePlace;
    try {
      return await askSentinel({ tls, place, name }, files, library);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      reasons.push(error.message);
    }
  }
  throw new EngineError('NOSENTINEL', `no sentinel names a primary of ${name}: ${reasons.join('; ')}`);
}

async function askSentinel(
  { tls, place, name }: { readonly tls: boolean; readonly place: EnginePlace; readonly name: string },
  files: EngineFiles,
  library?: EngineLibrary,
): Promise<EnginePlace> {
  const { sentinelPassword: password } = files;
  const login = password === undefined ? {} : { password };
  const client = await openEngineClient({ kind: 'place', tls, place }, files, login, library);
  try {
    const answer = await client.call(['SENTINEL', 'get-master-addr-by-name', name]);
    const primary = readPlace(answer);
    if (primary === undefined) throw new EngineError('NOPRIMARY', `${place.host} knows no primary ${name}`);
    // The password would be sent there in clear text.
    if (!tls && !isLoopback(primary.host))
      throw new EngineError(
        'NOTLS',
        `${place.host} names ${primary.host} as the primary of ${name}, which is reached without TLS: write valkeys+sentinel://, or sentinel announce-ip 127.0.0.1`,
      );
    return primary;
  } finally {
    client.reset();
  }
}

function readPlace(answer: EngineReply): EnginePlace | undefined {
  if (!Array.isArray(answer) || answer.length !== 2) return undefined;
  const [host, digits] = answer.map((word) =>
    word instanceof Uint8Array ? Buffer.from(word).toString('latin1') : '',
  );
  const port = parsePort(digits ?? '');
  return host === undefined || !HOST.test(host) || port === undefined ? undefined : { host, port };
}
