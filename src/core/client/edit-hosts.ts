import { Findings } from '../text/findings.ts';
import { findKeyword } from './host-keywords.ts';
import { isPlainName, matchesHost, parseHostPattern } from './host-pattern.ts';
import { splitArguments } from './split-arguments.ts';

/** A keyword and its value. */
export type HostLine = readonly [keyword: string, value: string];

const INDENT = '    ';

/** Whether the text can follow `Host` as a single name. */
export function isHostName(name: string): boolean {
  return /^[^\p{C}\p{Z}"#]{1,255}$/u.test(name) && isPlainName(parseHostPattern(name));
}

/** Whether the text can be a value, quoted if needed. */
export const isHostValue = (value: string): boolean => /^[^\p{Cc}"]+$/u.test(value);

/**
 * `text` with these lines in the block for exactly `name`, replacing its lines with the same keywords. Without such a
 * block, or if an earlier block also matches the name, a new block is inserted before the first match, because the
 * first value counts; otherwise it is appended. Everything else stays unchanged.
 */
export function setHost(text: string, name: string, lines: readonly HostLine[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const blocks = readBlocks(text);
  const first = blocks.findIndex(({ patterns }) => patterns !== undefined && matchesHost(patterns, name));
  const own = blocks[first];
  if (own !== undefined && isOwn(own, name)) {
    own.lines = withLines(own.lines, lines, newline);
    return render(blocks);
  }
  const written = [
    `Host ${name}${newline}`,
    ...lines.map((line) => `${INDENT}${renderLine(line)}${newline}`),
  ];
  const before = blocks.slice(0, first < 0 ? blocks.length : first).flatMap((block) => block.lines);
  const after = first < 0 ? [] : blocks.slice(first).flatMap((block) => block.lines);
  const start = first < 0 ? before.length : leadStart(before);
  const front = before.slice(0, start).join('');
  const ended = front === '' || front.endsWith('\n') ? front : `${front}${newline}`;
  const gap = ended === '' || /\n\r?\n$/.test(ended) ? '' : newline;
  const rest = [...before.slice(start), ...after];
  return [ended, gap, ...written, ...(rest.length > 0 ? [newline] : []), ...rest].join('');
}

/** `text` without the blocks for exactly `name`; `undefined`: there is none. */
export function removeHost(text: string, name: string): string | undefined {
  const blocks = readBlocks(text);
  if (!blocks.some((block) => isOwn(block, name))) return undefined;
  // A comment directly before the next block belongs to that block.
  return blocks
    .flatMap((block) => (isOwn(block, name) ? block.lines.slice(leadStart(block.lines)) : block.lines))
    .join('');
}

type Block = {
  /** Absent for the part before the first `Host`. */
  readonly patterns?: readonly ReturnType<typeof parseHostPattern>[];
  /** With their line ends. */
  lines: readonly string[];
};

const isOwn = ({ patterns }: Block, name: string): boolean =>
  patterns?.length === 1 && patterns[0]?.negated === false && patterns[0].glob === name.toLowerCase();

const render = (blocks: readonly Block[]): string => blocks.flatMap(({ lines }) => lines).join('');

function readBlocks(text: string): Block[] {
  const blocks: Block[] = [{ lines: [] }];
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const [keyword, ...values] = wordsOf(line);
    const last = blocks.at(-1) as Block;
    if (keyword?.toLowerCase() === 'host')
      blocks.push({ patterns: values.map(parseHostPattern), lines: [line] });
    else last.lines = [...last.lines, line];
  }
  return blocks;
}

function wordsOf(line: string): readonly string[] {
  const word = { text: line.replace(/\r?\n$/, ''), line: 1, offset: 0 };
  return (splitArguments(word, new Findings()) ?? []).map(({ text }) => text);
}

function withLines(block: readonly string[], lines: readonly HostLine[], newline: string): readonly string[] {
  const [head = '', ...rest] = block;
  const indent = rest.map((line) => /^([ \t]+)\S/.exec(line)?.[1]).find((one) => one !== undefined) ?? INDENT;
  const isSet = (line: string): boolean => {
    const keyword = wordsOf(line)[0]?.toLowerCase();
    return lines.some(([name]) => name.toLowerCase() === keyword);
  };
  const whole = head.endsWith('\n') ? head : `${head}${newline}`;
  const written = lines.map((line) => `${indent}${renderLine(line)}${newline}`);
  return [whole, ...written, ...rest.filter((line) => !isSet(line))];
}

/** In a keyword with several words, blanks separate them. */
function renderLine([keyword, value]: HostLine): string {
  if (findKeyword(keyword)?.many === true) return `${keyword} ${value}`;
  return `${keyword} ${/[\s#]/.test(value) ? `"${value}"` : value}`;
}

/** The start of the comment at the end of `lines` that belongs to what follows; the end if there is none. */
function leadStart(lines: readonly string[]): number {
  const isSilent = (line: string): boolean => /^\s*(?:#|$)/.test(line);
  const start = lines.findLastIndex((line) => !isSilent(line)) + 1;
  const first = lines.slice(start).findIndex((line) => line.trim() !== '');
  return first < 0 ? lines.length : start + first;
}
