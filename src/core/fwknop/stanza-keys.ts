import type { SpaCredential } from '../spa/spa-credential.ts';
import { isSpaKeyName, type SpaKeyName, spaKeysOf } from '../spa/spa-keys.ts';
import { Findings } from '../text/findings.ts';
import type { Word } from '../text/word.ts';
import { isGpgName } from './access-settings.ts';
import type { AccessSetting, AccessStanza } from './read-access.ts';

/** Undefined after a finding, and if the stanza has only a GPG key. */
export function keysOf(stanza: AccessStanza): SpaCredential | undefined {
  const { settings, source } = stanza;
  if (isGpgAlone(settings)) return undefined;
  const values = new Map<SpaKeyName, Word>();
  for (const [name, setting] of settings) {
    if (!isSpaKeyName(name)) continue;
    // The last one counts, in either spelling.
    if (name in OTHER_SPELLING) values.delete(OTHER_SPELLING[name as keyof typeof OTHER_SPELLING]);
    if (setting.value.text === '__CHANGEME__')
      setting.file.findings.error(setting.value, `${name} is still the placeholder: write the key itself`);
    values.set(name, setting.value);
  }
  const findings = new StanzaFindings(stanza);
  const credential = spaKeysOf(values, source.name, findings)?.credential;
  const hmac = values.get('HMAC_KEY') ?? values.get('HMAC_KEY_BASE64');
  if (hmac !== undefined && credential?.hmac !== undefined && isSame(credential.key, credential.hmac.key))
    findings.error(
      hmac,
      'the HMAC key is the encryption key, which fwknopd refuses: give both sides another',
    );
  return credential;
}

const OTHER_SPELLING = {
  KEY: 'KEY_BASE64',
  KEY_BASE64: 'KEY',
  HMAC_KEY: 'HMAC_KEY_BASE64',
  HMAC_KEY_BASE64: 'HMAC_KEY',
} as const;

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i]);

/** Findings about a stanza whose settings come from several files. */
class StanzaFindings extends Findings {
  readonly #stanza: AccessStanza;

  constructor(stanza: AccessStanza) {
    super();
    this.#stanza = stanza;
  }

  override error(at: Word, message: string): void {
    const { settings, source } = this.#stanza;
    const isAt = ({ value }: AccessSetting): boolean =>
      value.line === at.line && value.offset === at.offset && value.text === at.text;
    const { file } = [...settings.values()].find(isAt) ?? source;
    file.findings.error(at, message);
  }
}

export const isGpgAlone = (settings: AccessStanza['settings']): boolean =>
  [...settings.keys()].some(isGpgName) && !settings.has('KEY') && !settings.has('KEY_BASE64');
