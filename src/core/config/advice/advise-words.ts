import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { sliceWord, type Word } from '../../text/word.ts';
import type { Entry, Section } from '../file/read-sections.ts';
import { isCommandName } from '../values/compile-opening.ts';
import type { HostFacts } from './written-door.ts';

/** Warns about how a value is written: changes by a word processor or a web page, or another program's syntax. */
export function adviseWords({ entries }: Section, host: HostFacts, findings: Findings): void {
  for (const entry of entries) {
    const { value, directive } = entry;
    if (value === undefined || value.text === '' || directive.value === 'word') continue;
    judgeTypography(value, directive.value === 'command', findings);
    judgeQuotes(entry, value, host, findings);
    if (!isCommandName(directive.name)) continue;
    judgeClosing(value, findings);
    judgePlaceholders(value, findings);
  }
}

/** Hyphens and dashes from U+2010 on, and the minus sign, followed by an option letter. */
const DASH = /(?<=^|[\s"'])[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]{1,2}(?=[A-Za-z-])/gu;
/** Blanks that a shell does not treat as blanks, and characters without width. */
const BLANK = /[\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff\u00ad]/gu;
const QUOTE =
  /[\u201c-\u201f\u00ab\u00bb\u2018\u201a\u201b\u2039\u203a\u2032\u2033]|\u2019(?![\p{L}])|(?<![\p{L}])\u2019/gu;
/** Full-width ASCII, and the East Asian comma. */
const WIDE = /[\uff01-\uff5e\u3001]/gu;

const KINDS: readonly (readonly [pattern: RegExp, name: string, remedy: string])[] = [
  [DASH, 'a typographic dash, which does not begin an option', 'write - or --'],
  [QUOTE, 'a typographic quote, which a shell treats as a letter', 'write " or \''],
  [BLANK, 'a blank that does not separate words', 'write a plain space'],
  [WIDE, 'a full-width character instead of the plain one', 'write the plain one'],
];

/** Quoted text may contain anything, except that a dash in front of an option is a mistake. */
function judgeTypography(value: Word, isCommand: boolean, findings: Findings): void {
  const quoted = isCommand ? quotedParts(value.text).ranges : [];
  for (const [pattern, name, remedy] of KINDS) {
    const isOption = pattern === DASH;
    if (isOption && !isCommand) continue;
    const found = [...value.text.matchAll(pattern)].find(
      ({ index }) => isOption || !quoted.some(([from, to]) => index > from && index < to),
    );
    if (found === undefined) continue;
    const at = sliceWord(value, found.index, found.index + found[0].length);
    findings.warning(at, 'typographic', `${quoteText(found[0])} (${codeOf(found[0])}) is ${name}: ${remedy}`);
  }
}

const codeOf = (text: string): string =>
  `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** The quoted parts; `open`: the position of an unclosed quote. */
function quotedParts(text: string): {
  readonly ranges: readonly (readonly [number, number])[];
  readonly open?: number;
} {
  const ranges: (readonly [number, number])[] = [];
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    const mark = start < 0 ? '' : text.charAt(start);
    if (c === '\\' && mark !== "'") i++;
    else if (mark !== '' && c === mark) {
      ranges.push([start, i]);
      start = -1;
    } else if (mark === '' && (c === '"' || c === "'")) start = i;
    // The rest is a shell comment.
    else if (mark === '' && c === '#' && (i === 0 || /[\s;&|]/.test(text.charAt(i - 1)))) break;
  }
  return start < 0 ? { ranges } : { ranges, open: start };
}

function judgeQuotes({ directive }: Entry, value: Word, host: HostFacts, findings: Findings): void {
  const { text } = value;
  const inside = text.slice(1, -1);
  const mark = text.charAt(0);
  if (text.length < 3 || !/["']/.test(mark) || !text.endsWith(mark) || inside.includes(mark)) return;
  if (directive.value === 'path') {
    findings.warning(value, 'quoted-value', 'the quotes are part of the file name: remove them');
  } else if (/\s/.test(inside) && !host.hasProgram(inside)) {
    const what = 'the whole command is in quotes, so the shell looks for a program of that name';
    findings.warning(value, 'quoted-value', `${what}: remove the outer quotes`);
  }
}

function judgeClosing(value: Word, findings: Findings): void {
  const { open } = quotedParts(value.text);
  if (open === undefined || /<</.test(value.text)) return;
  const mark = value.text.charAt(open);
  findings.warning(
    sliceWord(value, open, open + 1),
    'open-quote',
    `the quote ${mark} is never closed, and the shell runs nothing: close it`,
  );
}

/** Other spellings for the address, from other programs or from memory. */
const NAMES =
  'ip4|ip6|ipv4|ipv6|ipaddr|ipaddress|addr|address|src|source|srcip|src_ip|source_ip|saddr|client|clientip|client_ip|remote|remoteip|remote_ip|remote_addr|host|rhost';

const MISSPELT: readonly RegExp[] = [
  // %ip%, % IP %, %IP without its end, IP% without its beginning
  /%[ \t]?ip\b(?:[ \t]?%)?|(?<![%A-Za-z0-9])ip%(?![0-9a-f]{2})/giu,
  // %%IP%%: the address with a percent sign at each side
  /%%IP%|%IP%%(?!IP%)/gu,
  new RegExp(`%(?:${NAMES})%`, 'giu'),
  // Those of a shell, which has no such variable, of fail2ban and of templates
  /\$\{?(?:ip|src|source_ip|remote_addr)\b\}?|<ip>|\{\{? ?ip ?\}?\}|@ip@|__ip__/giu,
  /(?<=(?:-s|--source|--src|saddr|from)[ \t]+)IP\b(?!%)/gu,
];

/** Whether something in the command is meant to be the address but is not. */
export function misspeltPlaceholder(
  text: string,
): { readonly word: string; readonly offset: number } | undefined {
  // A variable that the command sets itself.
  const isOwn = /\b(?:ip|src|source_ip|remote_addr)=|\bread\b|\bfor\b/i.test(text);
  for (const pattern of MISSPELT) {
    for (const { 0: word, index } of text.matchAll(pattern)) {
      if (word === '%IP%' || (word.startsWith('$') && isOwn)) continue;
      return { word, offset: index };
    }
  }
  return undefined;
}

function judgePlaceholders(value: Word, findings: Findings): void {
  const found = misspeltPlaceholder(value.text);
  if (found === undefined) return;
  const at = sliceWord(value, found.offset, found.offset + found.word.length);
  const what = `${quoteText(found.word)} is not replaced by the knocker's address`;
  findings.warning(at, 'misspelt-placeholder', `${what}: write %IP%`);
}
