import { readFwknopLine } from '../spa/fwknop-line.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { Findings } from '../text/findings.ts';
import { nearestWord } from '../text/nearest-word.ts';
import { quoteText } from '../text/quote-text.ts';
import { isUtf16, splitLines } from '../text/split-lines.ts';
import type { Word } from '../text/word.ts';
import { FWKNOPRC_NAMES, type Stanza } from './fwknoprc-settings.ts';
import { type Imported, importStanza } from './import-stanza.ts';

/** The result for a `.fwknoprc`, or all its mistakes. */
export type FwknoprcResult =
  | { readonly kind: 'ok'; readonly imported: Imported }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };

/** The stanza with settings for all stanzas, used if no other is named. */
const DEFAULT = 'default';

/** BOUNDED: more servers than anyone has. */
const MAX_STANZAS = 1000;

/** Parses the client's file as fwknop 2.6.10 does (config_init.c): settings of `[default]` apply to each stanza. */
export function parseFwknoprc(file: string, bytes: Uint8Array): FwknoprcResult {
  const findings = new Findings();
  const { lines } = splitLines(bytes);
  if (isUtf16(bytes)) findings.error(START, 'the file is in UTF-16: save it as UTF-8');
  const stanzas = isUtf16(bytes) ? [] : readStanzas(lines, findings);
  const defaults = stanzas.find(({ name }) => name.text === DEFAULT)?.settings ?? new Map<string, Word>();
  const imported: Imported = { profiles: [], leftOut: [] };
  for (const stanza of stanzas) {
    const whole = { name: stanza.name, settings: merged(defaults, stanza.settings) };
    importStanza(whole, stanza.name.text === DEFAULT, imported, findings);
  }
  if (findings.hasErrors) return { kind: 'bad', diagnostics: each(findings.diagnostics(file, lines)) };
  return { kind: 'ok', imported };
}

/** A mistake in `[default]` would otherwise be reported for every stanza. */
function each(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map((one) => [JSON.stringify(one), one])).values()];
}

const START: Word = { text: DEFAULT, line: 1, offset: 0 };

function readStanzas(lines: readonly string[], findings: Findings): readonly Stanza[] {
  const stanzas = new Map<string, Stanza>([[DEFAULT, { name: START, settings: new Map() }]]);
  let current = stanzas.get(DEFAULT) as Stanza;
  for (const [index, text] of lines.entries()) {
    const line = readFwknopLine({ text, line: index + 1, offset: 0 }, findings);
    if (line?.kind === 'setting') set(current.settings, line.name, line.value, findings);
    if (line?.kind !== 'stanza') continue;
    // The default stanza's name ignores case.
    const name = line.name.text.toLowerCase() === DEFAULT ? { ...line.name, text: DEFAULT } : line.name;
    if (stanzas.size > MAX_STANZAS) {
      findings.error(name, `there are more than ${MAX_STANZAS} stanzas: put some into another file`);
      break;
    }
    current = stanzas.get(name.text) ?? { name, settings: new Map() };
    stanzas.set(name.text, current);
  }
  return [...stanzas.values()];
}

function set(settings: Map<string, Word>, name: Word, value: Word, findings: Findings): void {
  if (!FWKNOPRC_NAMES.includes(name.text)) {
    const near = nearestWord(name.text, FWKNOPRC_NAMES);
    const remedy = near === undefined ? 'man fwknop lists those that there are' : `did you mean ${near}?`;
    findings.error(name, `unknown setting ${quoteText(name.text)}: ${remedy}`);
    return;
  }
  // The order decides between two that contradict each other.
  settings.delete(name.text);
  settings.set(name.text, value);
}

function merged(defaults: ReadonlyMap<string, Word>, own: ReadonlyMap<string, Word>): Map<string, Word> {
  const all = new Map(defaults);
  for (const [name, value] of own) {
    all.delete(name);
    all.set(name, value);
  }
  return all;
}
