import { renderPaddedBase64 } from '../bytes/base64.ts';
import type { HashName } from '../cipher/ciphers.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { Findings } from '../text/findings.ts';
import { nearestWord } from '../text/nearest-word.ts';
import { quoteText } from '../text/quote-text.ts';
import { splitLines } from '../text/split-lines.ts';
import type { Word } from '../text/word.ts';
import { readFwknopLine } from './fwknop-line.ts';
import { LEGACY_KEY_BYTES, type SpaCredential } from './spa-credential.ts';
import {
  MAX_HMAC_KEY_BYTES,
  MAX_SPA_KEY_BYTES,
  parseBase64Key,
  parseHashName,
  parseSpaMode,
  parseTextKey,
} from './spa-values.ts';

/** What a client needs besides its request. */
export type SpaKeys = {
  readonly credential: SpaCredential;
  /** The digest of the message itself. */
  readonly digest: HashName;
};

export type ParsedSpaKeys =
  | { readonly kind: 'ok'; readonly keys: SpaKeys }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };

/** fwknop's settings about keys. */
export const SPA_KEY_NAMES = [
  'KEY',
  'KEY_BASE64',
  'HMAC_KEY',
  'HMAC_KEY_BASE64',
  'USE_HMAC',
  'HMAC_DIGEST_TYPE',
  'DIGEST_TYPE',
  'ENCRYPTION_MODE',
] as const;

export type SpaKeyName = (typeof SPA_KEY_NAMES)[number];

export const isSpaKeyName = (text: string): text is SpaKeyName => SPA_KEY_NAMES.some((name) => name === text);

/** Parses a key file: the lines about keys of a stanza of .fwknoprc or access.conf. Or returns all its mistakes. */
export function parseSpaKeys(file: string, bytes: Uint8Array): ParsedSpaKeys {
  const findings = new Findings();
  const { lines } = splitLines(bytes);
  const values = new Map<SpaKeyName, Word>();
  for (const [index, text] of lines.entries())
    readSetting({ text, line: index + 1, offset: 0 }, values, findings);
  const start = { text: '', line: 1, offset: 0 };
  const keys = spaKeysOf(values, start, findings);
  if (keys === undefined || findings.hasErrors)
    return { kind: 'bad', diagnostics: findings.diagnostics(file, lines) };
  return { kind: 'ok', keys };
}

function readSetting(line: Word, values: Map<SpaKeyName, Word>, findings: Findings): void {
  const read = readFwknopLine(line, findings);
  if (read === undefined || read.kind === 'blank') return;
  if (read.kind === 'stanza') {
    findings.error(read.name, 'a key file holds the keys of one server, without stanzas: remove this line');
    return;
  }
  const name = read.name.text.toUpperCase();
  if (!isSpaKeyName(name)) {
    const near = nearestWord(name, SPA_KEY_NAMES);
    const remedy = near === undefined ? `there are ${SPA_KEY_NAMES.join(', ')}` : `did you mean ${near}?`;
    findings.error(read.name, `unknown setting ${quoteText(read.name.text)}: ${remedy}`);
  } else if (values.has(name)) {
    findings.error(read.name, `${name} stands at line ${values.get(name)?.line} already: remove one of both`);
  } else {
    values.set(name, read.value);
  }
}

/** From the settings of a stanza. `at`: where to report a missing key. */
export function spaKeysOf(
  values: ReadonlyMap<SpaKeyName, Word>,
  at: Word,
  findings: Findings,
): SpaKeys | undefined {
  const mode = parsed(values.get('ENCRYPTION_MODE'), parseSpaMode, findings) ?? 'cbc';
  // fwknop cuts a longer key in this mode (acc_data_is_valid in access.c).
  const most = mode === 'legacy' ? MAX_HMAC_KEY_BYTES : MAX_SPA_KEY_BYTES;
  const key = keyOf(values, ['KEY', 'KEY_BASE64'], most, findings);
  if (key === 'none')
    findings.error(at, 'there is no key: write KEY_BASE64 with the key of fwknopd’s access.conf');
  const hmacKey = keyOf(values, ['HMAC_KEY', 'HMAC_KEY_BASE64'], MAX_HMAC_KEY_BYTES, findings);
  const useHmac = values.get('USE_HMAC');
  if (hmacKey === 'none' && useHmac?.text.toUpperCase() === 'Y')
    findings.error(useHmac, 'there is no HMAC key: write HMAC_KEY_BASE64 with that of fwknopd’s access.conf');
  const hmacName = parsed(values.get('HMAC_DIGEST_TYPE'), parseHashName, findings) ?? 'sha256';
  const digest = parsed(values.get('DIGEST_TYPE'), parseHashName, findings) ?? 'sha256';
  if (key === 'none' || key === undefined || hmacKey === undefined) return undefined;
  const hmac = hmacKey === 'none' ? {} : { hmac: { name: hmacName, key: hmacKey } };
  const used = mode === 'legacy' ? key.subarray(0, LEGACY_KEY_BYTES) : key;
  return { credential: { mode, key: used, ...hmac }, digest };
}

/** `undefined` after a finding. */
function keyOf(
  values: ReadonlyMap<SpaKeyName, Word>,
  [plainName, base64Name]: readonly [SpaKeyName, SpaKeyName],
  most: number,
  findings: Findings,
): Uint8Array | 'none' | undefined {
  const plain = values.get(plainName);
  const base64 = values.get(base64Name);
  if (plain !== undefined && base64 !== undefined) {
    findings.error(plain, `there are ${plainName} and ${base64Name}: remove the one that the server has not`);
    return undefined;
  }
  if (plain !== undefined) return parseTextKey(plain, most, findings);
  return base64 === undefined ? 'none' : parseBase64Key(base64, most, findings);
}

function parsed<Value>(
  word: Word | undefined,
  parse: (word: Word, findings: Findings) => Value | undefined,
  findings: Findings,
): Value | undefined {
  return word === undefined ? undefined : parse(word, findings);
}

/** In the form of a key file. */
export function renderSpaKeys({ credential: { mode, key, hmac }, digest }: SpaKeys): string {
  const lines = [
    ['KEY_BASE64', renderPaddedBase64(key)],
    ...(hmac === undefined
      ? []
      : [
          ['HMAC_KEY_BASE64', renderPaddedBase64(hmac.key)],
          ['HMAC_DIGEST_TYPE', hmac.name.toUpperCase()],
        ]),
    ['DIGEST_TYPE', digest.toUpperCase()],
    ['ENCRYPTION_MODE', mode.toUpperCase()],
  ];
  return lines.map(([name, value]) => `${name} ${value}\n`).join('');
}
