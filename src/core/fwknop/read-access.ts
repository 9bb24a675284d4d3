import type { Diagnostic } from '../text/diagnostic.ts';
import { Findings } from '../text/findings.ts';
import { nearestWord } from '../text/nearest-word.ts';
import { quoteText } from '../text/quote-text.ts';
import { isUtf16, splitLines } from '../text/split-lines.ts';
import { sliceWord, trimWord, type Word } from '../text/word.ts';
import { ACCESS_NAMES, INCLUDES, type IncludeName } from './access-settings.ts';

/** access.conf, or a file that it includes. */
export type AccessFile = {
  readonly path: string;
  readonly lines: readonly string[];
  readonly findings: Findings;
};

/** The setting of a line, and its place. */
export type AccessSetting = { readonly name: Word; readonly value: Word; readonly file: AccessFile };

export type AccessStanza = {
  /** Counts from 1. */
  readonly number: number;
  readonly source: AccessSetting;
  /** By name, in the order of the file; the last one of a name counts, as in fwknopd. */
  readonly settings: Map<string, AccessSetting>;
};

/** The files that an include names, one by one; a string says why they cannot be read. */
export type ReadIncluded = (
  kind: IncludeName,
  name: string,
  from: string,
) => readonly { readonly path: string; readonly bytes: Uint8Array }[] | string;

/** BOUNDED: fwknopd follows 3 levels (MAX_DEPTH), and nobody has so many stanzas or included files. */
const MAX_DEPTH = 3;
const MAX_STANZAS = 1000;
const MAX_FILES = 1000;

/** A file as it is read. A setting belongs to the last SOURCE of its own file, whatever that file includes. */
type Reading = {
  readonly file: AccessFile;
  readonly depth: number;
  /** A file of %include_keys belongs to the stanza that includes it. */
  readonly isKeys: boolean;
  stanza: AccessStanza | undefined;
};

/** Reads access.conf and its includes as fwknopd 2.6.10 does. */
export class AccessReader {
  readonly stanzas: AccessStanza[] = [];
  readonly #files: AccessFile[] = [];
  readonly #readIncluded: ReadIncluded;
  #hasTooMany = false;

  constructor(readIncluded: ReadIncluded) {
    this.#readIncluded = readIncluded;
  }

  get diagnostics(): readonly Diagnostic[] {
    const all = this.#files.flatMap(({ path, lines, findings }) => findings.diagnostics(path, lines));
    // A file may be included several times.
    return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
  }

  /** The files that were read, in this order. */
  get paths(): readonly string[] {
    return [...new Set(this.#files.map(({ path }) => path))];
  }

  get hasErrors(): boolean {
    return this.#files.some(({ findings }) => findings.hasErrors);
  }

  read(path: string, bytes: Uint8Array, depth = 0, keysOf?: AccessStanza): void {
    const { lines } = isUtf16(bytes) ? { lines: [] } : splitLines(bytes);
    const file = { path, lines, findings: new Findings() };
    this.#files.push(file);
    if (isUtf16(bytes)) file.findings.error(START, 'the file is in UTF-16: save it as UTF-8');
    const reading = { file, depth, isKeys: keysOf !== undefined, stanza: keysOf };
    for (const [index, text] of lines.entries()) {
      if (this.#hasTooMany) return;
      const whole = { text, line: index + 1, offset: 0 };
      const line = trimWord(whole);
      if (line.text === '' || line.text.startsWith('#') || line.text.startsWith(';')) continue;
      const setting = readSetting(sliceWord(whole, line.offset), file);
      if (setting !== undefined) this.#take(setting, reading);
    }
  }

  /** A file that includes itself, even by way of others, soon has too many. */
  #isFull(value: Word, file: AccessFile): boolean {
    if (this.#files.length < MAX_FILES) return false;
    if (!this.#hasTooMany)
      file.findings.error(value, `there are more than ${MAX_FILES} included files: does one include itself?`);
    this.#hasTooMany = true;
    return true;
  }

  #take(setting: AccessSetting, reading: Reading): void {
    const { name, file } = setting;
    const include = INCLUDES.find((one) => one === name.text);
    if (include !== undefined) {
      this.#include(include, setting, reading);
    } else if (!ACCESS_NAMES.includes(name.text)) {
      const near = nearestWord(name.text, ACCESS_NAMES);
      const remedy = near === undefined ? 'man fwknopd lists those that there are' : `did you mean ${near}?`;
      file.findings.error(name, `unknown setting ${quoteText(name.text)}: ${remedy}`);
    } else if (reading.isKeys && !/^(?:HMAC_)?KEY(?:_BASE64)?$|^HMAC_DIGEST_TYPE$/.test(name.text)) {
      file.findings.error(name, `a file of %include_keys has keys alone: move ${name.text} into the stanza`);
    } else if (name.text === 'SOURCE') {
      reading.stanza = this.#begin(setting);
    } else {
      const { stanza } = reading;
      if (stanza === undefined)
        file.findings.error(
          name,
          `${name.text} stands before the first SOURCE of this file, where fwknopd ignores it: put SOURCE ANY above it`,
        );
      // The order decides between settings that contradict each other.
      stanza?.settings.delete(name.text);
      stanza?.settings.set(name.text, setting);
    }
  }

  #begin(source: AccessSetting): AccessStanza {
    const { length } = this.stanzas;
    const stanza: AccessStanza = { number: length + 1, source, settings: new Map() };
    if (length < MAX_STANZAS) this.stanzas.push(stanza);
    else
      source.file.findings.error(
        source.name,
        `there are more than ${MAX_STANZAS} stanzas: import some from another file`,
      );
    return stanza;
  }

  #include(kind: IncludeName, { value, file }: AccessSetting, { depth, stanza }: Reading): void {
    if (depth >= MAX_DEPTH) {
      file.findings.error(value, `includes are nested more than ${MAX_DEPTH} deep, as fwknopd follows them`);
      return;
    }
    if (kind === '%include_keys' && stanza === undefined) {
      file.findings.error(value, '%include_keys stands before the first SOURCE: put SOURCE ANY above it');
      return;
    }
    const files = this.#readIncluded(kind, value.text, file.path);
    if (typeof files === 'string') file.findings.error(value, files);
    else
      for (const { path, bytes } of files) {
        if (this.#isFull(value, file)) return;
        this.read(path, bytes, depth + 1, kind === '%include_keys' ? stanza : undefined);
      }
  }
}

const START: Word = { text: '', line: 1, offset: 0 };

/** `KEY_BASE64: value;`: a colon may follow the name, and the value ends at a semicolon, not at a blank. */
function readSetting(line: Word, file: AccessFile): AccessSetting | undefined {
  const [, name = '', colon = '', gap = '', text = ''] = /^([^\s:;]+)(:?)(\s+)([^;]*)/.exec(line.text) ?? [];
  const start = name.length + colon.length + gap.length;
  const whole = sliceWord(line, start, start + text.replace(/\r$/, '').length);
  // A blank at the end of a passphrase belongs to it.
  const value = /^(?:HMAC_)?KEY$/.test(name) ? whole : trimWord(whole);
  if (name !== '' && value.text.trim() !== '') return { name: sliceWord(line, 0, name.length), value, file };
  file.findings.error(line, 'a name and a value are expected here, as in OPEN_PORTS tcp/22');
  return undefined;
}
