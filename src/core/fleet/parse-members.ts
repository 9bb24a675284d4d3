import { parsePaddedBase64 } from '../bytes/base64.ts';
import type { VerifyKey } from '../cipher/ciphers.ts';
import { readPublicKey } from '../ssh/public-key.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { Findings } from '../text/findings.ts';
import { quoteText } from '../text/quote-text.ts';
import { isUtf16, splitLines } from '../text/split-lines.ts';
import { sliceWord, trimWord, type Word } from '../text/word.ts';
import { FLEET_NAME_FORM, isFleetName } from './fleet-name.ts';
import { MAX_MEMBERS, type Member } from './member.ts';

/** The members, or every mistake in the file. */
export type MembersResult =
  | { readonly kind: 'ok'; readonly members: readonly Member[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };

const START: Word = { text: '', line: 1, offset: 0 };
const KEY_TYPE = 'ssh-ed25519';
const LINE_FORM =
  'a line is NAME ssh-ed25519 KEY, and behind that doors=NAME,… and bans where they are meant';

/** Parses a members file. `file` is its name in the diagnostics. Work and memory grow only with `bytes`. */
export function parseMembers(file: string, bytes: Uint8Array): MembersResult {
  const findings = new Findings();
  if (isUtf16(bytes)) {
    findings.error(START, 'the file is UTF-16: save it as UTF-8');
    return { kind: 'bad', diagnostics: findings.diagnostics(file, ['']) };
  }
  const { lines } = splitLines(bytes);
  const members: Member[] = [];
  for (const [index, text] of lines.entries()) {
    const line = trimWord({ text, line: index + 1, offset: 0 });
    if (line.text === '' || line.text.startsWith('#')) continue;
    const member = parseMember(line, findings);
    if (member === undefined) continue;
    judgeSecond(member, line, members, findings);
    if (members.length === MAX_MEMBERS)
      findings.error(line, `more than ${MAX_MEMBERS} members: that is the maximum, remove some`);
    members.push(member);
    if (members.length > MAX_MEMBERS) break;
  }
  if (findings.hasErrors) return { kind: 'bad', diagnostics: findings.diagnostics(file, lines) };
  return { kind: 'ok', members };
}

function parseMember(line: Word, findings: Findings): Member | undefined {
  const [name, type, key, ...rest] = wordsOf(line);
  if (name === undefined || type === undefined || key === undefined) {
    findings.error(line, `this is no member: ${LINE_FORM}`);
    return undefined;
  }
  if (!isFleetName(name.text))
    findings.error(name, `${quoteText(name.text)} is not the name of a member: it has ${FLEET_NAME_FORM}`);
  const verifyKey = parseKey(type, key, findings);
  const rights = parseRights(rest, findings);
  return verifyKey === undefined
    ? undefined
    : { name: name.text, key: verifyKey, ...rights, line: line.line };
}

function parseKey(type: Word, key: Word, findings: Findings): VerifyKey | undefined {
  if (type.text !== KEY_TYPE) {
    const remedy = `write ${KEY_TYPE} and the key that \`bussa fleet init\` has shown on that host`;
    findings.error(type, `${quoteText(type.text)} is not a type of key for members: ${remedy}`);
    return undefined;
  }
  const blob = parsePaddedBase64(key.text);
  const read = blob === undefined ? undefined : readPublicKey(blob);
  if (read?.kind === 'key' && read.key.type === KEY_TYPE) return read.key.key;
  const why = read?.kind === 'refused' ? read.reason : 'this is not an Ed25519 key';
  findings.error(key, `${why}: copy the line that \`bussa fleet init\` has shown on that host`);
  return undefined;
}

function parseRights(words: readonly Word[], findings: Findings): Pick<Member, 'doors' | 'bans'> {
  const doors: string[] = [];
  let all = false;
  let bans = false;
  for (const word of words) {
    if (word.text === 'bans') bans = true;
    else if (word.text.startsWith('doors=')) {
      const names = word.text.slice('doors='.length).split(',');
      if (names.includes(''))
        findings.error(word, 'the name of a door is missing: write doors=NAME,… or doors=*');
      all ||= names.includes('*');
      doors.push(...names);
    } else {
      const remedy = 'behind the key stand doors=NAME,… and bans; write a comment on a line of its own';
      findings.error(word, `${quoteText(word.text)} is no right of a member: ${remedy}`);
    }
  }
  return { doors: all ? 'all' : [...new Set(doors)], bans };
}

function judgeSecond(member: Member, line: Word, others: readonly Member[], findings: Findings): void {
  for (const other of others) {
    const isNamed = other.name === member.name;
    if (!isNamed && !hasSameKey(other, member)) continue;
    const what = isNamed ? `${quoteText(member.name)} is a member already` : 'another member has this key';
    findings.error(line, `${what}, in line ${other.line}: each has a name and a key of its own`);
    return;
  }
}

export function hasSameKey({ key: a }: Pick<Member, 'key'>, { key: b }: Pick<Member, 'key'>): boolean {
  if (a.kind !== 'ed25519' || b.kind !== 'ed25519') return false;
  return a.point.every((byte, at) => byte === b.point[at]);
}

/** The words between blanks. */
function wordsOf(line: Word): readonly Word[] {
  return [...line.text.matchAll(/[^ \t]+/g)].map(({ index, 0: { length } }) =>
    sliceWord(line, index, index + length),
  );
}
