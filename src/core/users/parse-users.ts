import { renderBase64 } from '../bytes/base64.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { judgeEncoding } from '../config/file/judge-encoding.ts';
import { type Entry, readSectionsBy, type Section } from '../config/file/read-sections.ts';
import { isUserName, parseNames, USER_NAME_FORM } from '../config/values/parse-names.ts';
import { parsePrefixes } from '../config/values/parse-prefixes.ts';
import { parseYesNo } from '../config/values/parse-yes-no.ts';
import { compileAdmission } from '../door/admission.ts';
import type { Prefix } from '../net/prefix.ts';
import { type Instant, instant } from '../net/time.ts';
import { keyIdOf } from '../signed/seal-knock.ts';
import { type AuthorizedKey, parseAuthorizedKey } from '../ssh/authorized-key.ts';
import { fingerprintOf } from '../ssh/fingerprint.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { Findings } from '../text/findings.ts';
import { escapeCodes, escapeText } from '../text/quote-text.ts';
import { isUtf16, splitLines } from '../text/split-lines.ts';
import { sliceWord, type Word } from '../text/word.ts';
import { parseCode } from './parse-code.ts';
import { parseSpa, type SpaLine } from './parse-spa.ts';
import { parseUntil } from './parse-until.ts';
import { spaFingerprint } from './spa-fingerprint.ts';
import type { User, UserCode, UserKey, UserSpa } from './user.ts';
import { CREDENTIALS, USER_GRAMMAR, type UserDirectiveName } from './user-directives.ts';

/** All users, or every mistake in the file. Warnings come with either. */
export type UsersResult =
  | { readonly kind: 'ok'; readonly users: readonly User[]; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };

const START: Word = { text: '', line: 1, offset: 0 };

/** BOUNDED: more than a host needs; each key takes about 1 kB of memory. */
export const MAX_USER_KEYS = 10_000;

/** BOUNDED: a packet does not say whose it is, so each of these keys is tried: 2 to 3 µs each. */
export const MAX_SPA_KEYS = 1000;

/**
 * BOUNDED: each guess of a code is compared with the codes of all users, so the chance of a hit grows with their
 * number.
 */
export const MAX_CODE_USERS = 1000;

/** Parses a users file. `file` is its name in the diagnostics. Work and memory grow only with `bytes`. */
export function parseUsers(file: string, bytes: Uint8Array, ciphers: Ciphers): UsersResult {
  const findings = new Findings();
  if (isUtf16(bytes)) {
    findings.error(START, 'the file is UTF-16: save it as UTF-8');
    return { kind: 'bad', diagnostics: findings.diagnostics(file, ['']) };
  }
  const text = splitLines(bytes);
  judgeEncoding(text, findings);
  const parser = new UsersParser(ciphers, findings);
  const users = readSectionsBy(USER_GRAMMAR, text.lines, findings).flatMap((section) =>
    section.kind === 'user' ? [parser.parse(section)] : [],
  );
  const diagnostics = findings.diagnostics(file, text.lines);
  return findings.hasErrors ? { kind: 'bad', diagnostics } : { kind: 'ok', users, warnings: diagnostics };
}

type UserSection = Section<UserDirectiveName>;
type UserEntry = Entry<UserDirectiveName>;

type Draft = {
  readonly keys: { readonly line: Word; readonly key: AuthorizedKey }[];
  readonly spa: { readonly line: Word; readonly spa: SpaLine }[];
  code: { readonly line: Word; readonly code: UserCode } | undefined;
  readonly doors: string[];
  readonly from: Prefix[];
  until: Instant | undefined;
  isOff: boolean;
};

type Owner = { readonly user: string; readonly line: number };

class UsersParser {
  readonly #ciphers: Ciphers;
  readonly #findings: Findings;
  /** By fingerprint: the key's owner and line. */
  readonly #owners = new Map<string, Owner>();
  /** By the text of the key. */
  readonly #spaOwners = new Map<string, Owner>();
  /** By fingerprint. */
  readonly #codeOwners = new Map<string, Owner>();

  constructor(ciphers: Ciphers, findings: Findings) {
    this.#ciphers = ciphers;
    this.#findings = findings;
  }

  parse(section: UserSection): User {
    this.#judgeName(section.name);
    const draft: Draft = {
      ...{ keys: [], spa: [], code: undefined, doors: [], from: [], until: undefined },
      isOff: false,
    };
    for (const entry of section.entries) this.#readEntry(entry, draft);
    const { code, doors, from, until, isOff } = draft;
    const name = section.name.text;
    if (!section.entries.some(({ directive }) => CREDENTIALS.some((one) => one === directive.name)))
      this.#findings.warning(
        section.name,
        'no-credential',
        'this user has no key or code, and can open nothing: add a line such as key = ssh-ed25519 AAAA…',
      );
    return {
      name,
      keys: draft.keys.flatMap(({ line, key }) => this.#userKey(name, line, key, draft) ?? []),
      ...(code === undefined || !this.#ownsCode(name, code.line, code.code) ? {} : { code: code.code }),
      spa: draft.spa.flatMap(({ line, spa }) => this.#userSpa(name, line, spa) ?? []),
      ...(doors.length === 0 ? {} : { doors: [...new Set(doors)] }),
      ...(from.length === 0 ? {} : { from }),
      ...(until === undefined ? {} : { until }),
      ...(isOff ? { isOff } : {}),
    };
  }

  #judgeName(name: Word): void {
    // A heading without a name has its own finding.
    if (name.text === '' || isUserName(name.text)) return;
    // A heading may have swallowed a line with a secret.
    this.#findings.error(name, `the heading is not a user name: it has ${USER_NAME_FORM}`);
  }

  #readEntry({ directive, key, value }: UserEntry, draft: Draft): void {
    if (value === undefined) return;
    const findings = this.#findings;
    switch (directive.name) {
      case 'Key':
        this.#readKey(value, draft);
        return;
      case 'Code': {
        const code = parseCode(value, this.#ciphers, findings);
        draft.code = code === undefined ? undefined : { line: value, code };
        return;
      }
      case 'Spa': {
        const spa = parseSpa(value, findings);
        if (spa !== undefined) draft.spa.push({ line: value, spa });
        return;
      }
      case 'Doors':
        draft.doors.push(...parseNames(value, 'door', findings));
        return;
      case 'From':
        draft.from.push(...parsePrefixes(value, findings));
        return;
      case 'Until':
        draft.until = parseUntil(value, findings);
        return;
      case 'Off':
        draft.isOff = parseYesNo(value, `write ${escapeText(key.text)} = yes or no`, findings);
        return;
      default:
        directive.name satisfies never;
    }
  }

  #readKey(value: Word, draft: Draft): void {
    const reading = parseAuthorizedKey(value.text);
    if (reading.kind === 'bad') {
      const wrong =
        value.text === '' ? 'a key is missing: write the line of a .pub file' : shown(reading.reason);
      this.#findings.error(value, wrong);
      return;
    }
    for (const note of reading.notes) this.#findings.warning(value, 'key-option', shown(note));
    draft.keys.push({ line: value, key: reading.key });
  }

  #userKey(user: string, line: Word, key: AuthorizedKey, draft: Draft): UserKey | undefined {
    const { blob } = key.key;
    const fingerprint = fingerprintOf(this.#ciphers, blob);
    if (this.#isTaken(this.#owners.get(fingerprint), user, line)) return undefined;
    if (this.#owners.size === MAX_USER_KEYS)
      this.#findings.error(line, `the limit is ${MAX_USER_KEYS} keys: remove unused ones`);
    if (this.#owners.size >= MAX_USER_KEYS) return undefined;
    this.#owners.set(fingerprint, { user, line: line.line });
    return { knockKey: restrict(key, draft), fingerprint, id: keyIdOf(this.#ciphers, blob) };
  }

  /**
   * With one key in two lines the owner of a packet would be unclear, and a line without HMAC would weaken the other.
   */
  #userSpa(user: string, line: Word, spa: SpaLine): UserSpa | undefined {
    const key = renderBase64(spa.credential.key);
    if (this.#isTaken(this.#spaOwners.get(key), user, line)) return undefined;
    if (this.#spaOwners.size === MAX_SPA_KEYS) {
      const why = 'each is tried for each packet';
      this.#findings.error(
        sliceWord(line, 0, 0),
        `the limit is ${MAX_SPA_KEYS} keys of fwknop, for ${why}: give users SSH keys`,
      );
    }
    if (this.#spaOwners.size >= MAX_SPA_KEYS) return undefined;
    this.#spaOwners.set(key, { user, line: line.line });
    return { ...spa, fingerprint: spaFingerprint(this.#ciphers, spa.credential) };
  }

  /** A code identifies its user, so no two users may have the same secret. */
  #ownsCode(user: string, line: Word, { fingerprint }: UserCode): boolean {
    if (this.#isTaken(this.#codeOwners.get(fingerprint), user, line, 'code')) return false;
    if (this.#codeOwners.size === MAX_CODE_USERS)
      this.#findings.error(
        sliceWord(line, 0, 0),
        `the limit is ${MAX_CODE_USERS} users with a code: give some of them SSH keys instead`,
      );
    if (this.#codeOwners.size >= MAX_CODE_USERS) return false;
    this.#codeOwners.set(fingerprint, { user, line: line.line });
    return true;
  }

  #isTaken(owner: Owner | undefined, user: string, line: Word, what = 'key'): boolean {
    if (owner === undefined) return false;
    const whose =
      owner.user === user ? `the same ${what} stands` : `it is the ${what} of ${escapeText(owner.user)},`;
    this.#findings.error(
      sliceWord(line, 0, 0),
      `${whose} in line ${owner.line}: a ${what} belongs to one user only, remove it in one place`,
    );
    return true;
  }
}

/** Findings about a key quote words of its line. BOUNDED: a line may have thousands of characters. */
const shown = (words: string): string =>
  escapeCodes(words.length > 300 ? `${words.slice(0, 300)}...` : words);

/** A knock is valid only if the key's line and its user's section both allow it. */
function restrict(key: AuthorizedKey, { from, until, isOff }: Draft): UserKey['knockKey'] {
  const ofUser = from.length === 0 ? undefined : compileAdmission({ allow: from });
  const { admits } = key;
  const both =
    ofUser === undefined || admits === undefined
      ? (ofUser ?? admits)
      : (source: Parameters<typeof admits>[0]) => ofUser(source) && admits(source);
  const ends = [key.until, until].filter((one) => one !== undefined);
  return {
    ...key,
    ...(both === undefined ? {} : { admits: both }),
    ...(ends.length === 0 ? {} : { until: instant(Math.min(...ends)) }),
    ...(isOff ? { isOff } : {}),
  };
}
