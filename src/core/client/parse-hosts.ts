import { judgeEncoding } from '../config/file/judge-encoding.ts';
import { findControl } from '../config/file/read-value.ts';
import { Findings } from '../text/findings.ts';
import { quoteText } from '../text/quote-text.ts';
import { isUtf16, splitLines } from '../text/split-lines.ts';
import { sliceWord, trimWord, type Word } from '../text/word.ts';
import { findKeyword, unknownKeyword } from './host-keywords.ts';
import { parseHostPattern } from './host-pattern.ts';
import type { CardReader, HostBlock, HostSettings, HostsResult } from './hosts-file.ts';
import { splitArguments } from './split-arguments.ts';

/**
 * Parses a `hosts.conf`, see bussa_hosts(5), or returns all its mistakes. Lines before the first `Host` apply to all.
 */
export function parseHosts(file: string, bytes: Uint8Array, readCard: CardReader): HostsResult {
  const findings = new Findings();
  const text = splitLines(bytes);
  const { lines } = text;
  if (isUtf16(bytes)) {
    findings.error({ text: '', line: 1, offset: 0 }, 'the file is in UTF-16: save it as UTF-8');
    return { kind: 'bad', diagnostics: findings.diagnostics(file, lines) };
  }
  judgeEncoding(text, findings);
  const reader = new BlockReader(findings, readCard);
  for (const [index, text] of lines.entries()) reader.read({ text, line: index + 1, offset: 0 });
  const diagnostics = findings.diagnostics(file, lines);
  if (findings.hasErrors) return { kind: 'bad', diagnostics };
  return { kind: 'ok', hosts: { blocks: reader.blocks }, warnings: diagnostics };
}

type OpenBlock = HostBlock & { settings: HostSettings; readonly lineOf: Map<string, number> };

class BlockReader {
  readonly blocks: OpenBlock[] = [];
  readonly #findings: Findings;
  readonly #readCard: CardReader;

  constructor(findings: Findings, readCard: CardReader) {
    this.#findings = findings;
    this.#readCard = readCard;
  }

  read(line: Word): void {
    const control = findControl(trimWord(line).text);
    if (control >= 0) {
      const at = sliceWord(trimWord(line), control, control + 1);
      this.#findings.error(at, `control character ${quoteText(at.text)}: remove it, the file is plain text`);
      return;
    }
    const words = splitArguments(line, this.#findings);
    const [keyword, first, ...rest] = words ?? [];
    if (keyword === undefined) return;
    if (keyword.text.toLowerCase() === 'host')
      this.#open(keyword, first === undefined ? [] : [first, ...rest]);
    else this.#set(keyword, first === undefined ? undefined : [first, ...rest]);
  }

  #open(keyword: Word, patterns: readonly Word[]): void {
    if (patterns.length === 0) {
      this.#findings.error(keyword, 'Host has no name: write a name behind it, or * for all');
    }
    const empty = patterns.find(({ text }) => text === '' || text === '!');
    if (empty !== undefined) this.#findings.error(empty, 'a name is missing here');
    const parsed = patterns.map(({ text }) => parseHostPattern(text));
    if (parsed.length > 0 && parsed.every(({ negated }) => negated)) {
      this.#findings.error(keyword, 'this Host only excludes names, and so matches none: add a *');
    }
    this.blocks.push({ patterns: parsed, settings: {}, lineOf: new Map() });
  }

  #set(keyword: Word, words: readonly [Word, ...Word[]] | undefined): void {
    const known = findKeyword(keyword.text);
    if (known === undefined) {
      this.#findings.error(keyword, unknownKeyword(keyword.text));
      return;
    }
    if (words === undefined) {
      this.#findings.error(keyword, `${known.name} has no value: write one behind it, or remove the line`);
      return;
    }
    const stray = known.many === true ? undefined : words[1];
    if (stray !== undefined) {
      this.#findings.error(stray, `${known.name} takes one value: remove this, or put all of it in quotes`);
      return;
    }
    const settings = known.parse(words, this.#findings, this.#readCard);
    const block = this.#current();
    const earlier = block.lineOf.get(known.name);
    if (earlier !== undefined) {
      this.#findings.warning(
        keyword,
        'repeated-directive',
        `${known.name} is already at line ${earlier}, and the first counts`,
      );
      return;
    }
    block.lineOf.set(known.name, keyword.line);
    block.settings = { ...block.settings, ...settings };
  }

  #current(): OpenBlock {
    const last = this.blocks.at(-1);
    if (last !== undefined) return last;
    const block = { patterns: [parseHostPattern('*')], settings: {}, lineOf: new Map<string, number>() };
    this.blocks.push(block);
    return block;
  }
}
