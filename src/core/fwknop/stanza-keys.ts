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
    if (setting.value.text === '__CHANGEME__')
      setting.file.findings.error(setting.value, `${name} is still the placeholder: write the key itself`);
    values.set(name, setting.value);
  }
  return spaKeysOf(values, source.name, new StanzaFindings(stanza))?.credential;
}

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
