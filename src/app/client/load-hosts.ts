import type { CardReader, HostsFile } from '../../core/client/hosts-file.ts';
import { parseHosts } from '../../core/client/parse-hosts.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { readPrivateFile } from './private-file.ts';

export type LoadedHosts =
  | { readonly kind: 'ok'; readonly hosts: HostsFile; readonly warnings: readonly string[] }
  | { readonly kind: 'bad' | 'permission'; readonly errors: readonly string[] };

/** Reads the profiles. A missing file has none. A file that others can read or change is refused. */
export async function loadHosts(file: string): Promise<LoadedHosts> {
  const read = await readPrivateFile(file, 'a file of profiles');
  if (read.kind === 'missing') return { kind: 'ok', hosts: { blocks: [] }, warnings: [] };
  if (read.kind !== 'read') return read;
  const { bytes } = read;
  const parsed = parseHosts(file, bytes, await cardReader(bytes));
  if (parsed.kind === 'bad') return { kind: 'bad', errors: parsed.diagnostics.map(renderDiagnostic) };
  return { kind: 'ok', hosts: parsed.hosts, warnings: parsed.warnings.map(renderDiagnostic) };
}

/** Cryptography is loaded only for profiles with a server card. */
export async function cardReader(bytes: Uint8Array): Promise<CardReader> {
  if (!/card/i.test(Buffer.from(bytes).toString('latin1'))) return () => undefined;
  const [{ nodeCiphers }, { parseCard }] = await Promise.all([
    import('../../host/crypto/node-ciphers.ts'),
    import('../../core/signed/server-card.ts'),
  ]);
  return (text) => parseCard(nodeCiphers, text);
}
