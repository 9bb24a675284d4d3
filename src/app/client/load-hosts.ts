import { readFileSync, statSync } from 'node:fs';
import type { CardReader, HostsFile } from '../../core/client/hosts-file.ts';
import { parseHosts } from '../../core/client/parse-hosts.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { isPlainlyPrivate } from '../file-access/is-plainly-private.ts';

/** BOUNDED: bytes of a file of profiles. */
const MAX_BYTES = 1 << 20;

export type LoadedHosts =
  | { readonly kind: 'ok'; readonly hosts: HostsFile; readonly warnings: readonly string[] }
  | { readonly kind: 'bad' | 'permission'; readonly errors: readonly string[] };

/** Reads the profiles. A file that does not exist has none; one that others can read or change is refused. */
export async function loadHosts(file: string): Promise<LoadedHosts> {
  let bytes: Uint8Array;
  try {
    const errors = await mistakesOf(file);
    if (errors.length > 0) return { kind: 'bad', errors };
    bytes = readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'ok', hosts: { blocks: [] }, warnings: [] };
    const kind = code === 'EACCES' || code === 'EPERM' ? 'permission' : 'bad';
    return { kind, errors: [`${file}: it cannot be read: ${message}`] };
  }
  const parsed = parseHosts(file, bytes, await cardReader(bytes));
  if (parsed.kind === 'bad') return { kind: 'bad', errors: parsed.diagnostics.map(renderDiagnostic) };
  return { kind: 'ok', hosts: parsed.hosts, warnings: parsed.warnings.map(renderDiagnostic) };
}

/** Cryptography is loaded only for who has a card. */
export async function cardReader(bytes: Uint8Array): Promise<CardReader> {
  if (!/card/i.test(Buffer.from(bytes).toString('latin1'))) return () => undefined;
  const [{ nodeCiphers }, { parseCard }] = await Promise.all([
    import('../../host/crypto/node-ciphers.ts'),
    import('../../core/signed/server-card.ts'),
  ]);
  return (text) => parseCard(nodeCiphers, text);
}

/** What has to be changed before the secrets in it are its owner's alone, as with a private key of ssh(1). Throws with the
 * system's reason. */
async function mistakesOf(file: string): Promise<string[]> {
  const stats = statSync(file);
  if (!stats.isFile()) return [`${file}: it is not a file`];
  if (stats.size > MAX_BYTES)
    return [`${file}: it has more than ${MAX_BYTES} bytes: it is not a file of profiles`];
  if (isPlainlyPrivate(file)) return [];
  const { judgeFileAccess } = await import('../file-access/judge-file-access.ts');
  return judgeFileAccess(file, 'owner').map(renderDiagnostic);
}
