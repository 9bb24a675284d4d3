import assert from 'node:assert/strict';
import { setHost } from '../../../src/core/client/edit-hosts.ts';
import type { ImportedProfile } from '../../../src/core/client/import-stanza.ts';
import { parseFwknoprc } from '../../../src/core/client/parse-fwknoprc.ts';
import { parseHosts } from '../../../src/core/client/parse-hosts.ts';
import { profileOf } from '../../../src/core/client/profile.ts';
import { parseSpaKeys, renderSpaKeys } from '../../../src/core/spa/spa-keys.ts';
import { texts } from '../corpus.ts';
import { judgePlaces } from '../judge-places.ts';
import { readerTarget, type Target } from '../target.ts';

/** Files of the fwknop client, and key files. */
export function fwknoprcTarget(): Target {
  return readerTarget(
    {
      name: 'fwknoprc',
      share: 10,
      material: { corpus: CORPUS, tokens: TOKENS, maxBytes: 65_536 },
    },
    take,
  );
}

function take(bytes: Uint8Array): void {
  const keys = parseSpaKeys('f', bytes);
  if (keys.kind === 'bad') judgePlaces(bytes, keys.diagnostics);
  const result = parseFwknoprc('f', bytes);
  if (result.kind === 'bad') {
    judgePlaces(bytes, result.diagnostics);
    return;
  }
  for (const profile of result.imported.profiles) judgeProfile(profile);
}

/** What is made of a stanza is a profile without a mistake, and a key file that says the same. */
function judgeProfile({ name, lines, keys }: ImportedProfile): void {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const hosts = parseHosts('h', encode(setHost('', name, lines)), () => undefined);
  if (hosts.kind === 'bad') assert.fail(JSON.stringify([name, lines, hosts.diagnostics]));
  const { spa, spaAddress } = profileOf(hosts.hosts, name);
  assert.ok(spa !== undefined && spaAddress !== undefined, name);
  const again = parseSpaKeys('k', encode(renderSpaKeys(keys)));
  assert.deepEqual(again, { kind: 'ok', keys });
}

const KEYS =
  'KEY_BASE64 HvUtIOramehLGKimD4ECXOzinaH4h3U8H1WXum7b54Q=\nHMAC_KEY_BASE64: DLeLf93a3yBT2vhEpM+dWlirGta5GU+j\n';

const CORPUS = texts(
  `# rc\n[default]\nFW_TIMEOUT 30\nALLOW_IP resolve\n\n[gate]\nSPA_SERVER 192.0.2.9\nACCESS tcp/22,udp/53\n${KEYS}TIME_OFFSET -2M\nSPOOF_USER carol\nRESOLVE_URL ip.example.org\n[two]\nSPA_SERVER two\nACCESS tcp/1\nKEY phrase\nENCRYPTION_MODE legacy\n`,
  `[a]\r\nSPA_SERVER h\r\nACCESS tcp/22\r\nALLOW_IP source\r\n${KEYS.replaceAll('\n', '\r\n')}USE_GPG N\r\n`,
  `${KEYS}HMAC_DIGEST_TYPE SHA3_512\nDIGEST_TYPE md5\nENCRYPTION_MODE CTR\n`,
);

const TOKENS = texts(
  '\n',
  '\r\n',
  '[',
  ']',
  '[default]\n',
  '[x]\n',
  ' ; ',
  ' # ',
  ':',
  'SPA_SERVER ',
  'SPA_SERVER %h\n',
  'ACCESS tcp/22\n',
  'ALLOW_IP ',
  'FW_TIMEOUT 65536\n',
  'TIME_OFFSET 99999d\n',
  'SPA_SERVER_PORT 62201\n',
  'RESOLVE_IP_HTTPS Y\n',
  'RESOLVE_URL ',
  'NAT_ACCESS ',
  'USE_HMAC Y\n',
  KEYS,
);
