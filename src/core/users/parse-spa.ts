import { parsePaddedBase64 } from '../bytes/base64.ts';
import { HASH_NAMES } from '../cipher/ciphers.ts';
import { SPA_MODES, type SpaCredential } from '../spa/spa-credential.ts';
import { isSpaUser, SPA_USER_FORM } from '../spa/spa-user.ts';
import { MAX_HMAC_KEY_BYTES, MAX_SPA_KEY_BYTES } from '../spa/spa-values.ts';
import type { Findings } from '../text/findings.ts';
import { sliceWord, type Word } from '../text/word.ts';

/** The content of a line `spa` of the users file. */
export type SpaLine = {
  readonly credential: SpaCredential;
  /** The user name that a packet must carry. Absent: any. */
  readonly spaUser?: string;
};

const FORM = 'write spa = key BASE64 hmac BASE64, then the digest and mode if they are not sha256 cbc';

type Draft = {
  key?: Uint8Array;
  hmacKey?: Uint8Array;
  digest?: (typeof HASH_NAMES)[number];
  mode?: SpaCredential['mode'];
  spaUser?: string;
  hasNoHmac: boolean;
};

/** `key BASE64 hmac BASE64 [DIGEST] [MODE] [user NAME]`, a name with blanks in quotes; every bad word is a finding, and none shows a key. */
export function parseSpa(value: Word, findings: Findings): SpaLine | undefined {
  const draft: Draft = { hasNoHmac: false };
  const words = [...value.text.matchAll(/"[^"]*"|\S+/g)].map(({ index, 0: { length } }) =>
    sliceWord(value, index, index + length),
  );
  let isGood = true;
  const wrong = (word: Word, message: string): void => {
    isGood = false;
    findings.error(word, message);
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Word;
    const name = word.text.toLowerCase();
    if (name !== 'key' && name !== 'hmac' && name !== 'user') {
      readWord(name, word, draft, wrong);
      continue;
    }
    i += 1;
    const given = words[i];
    if (given === undefined) wrong(word, `nothing follows ${name}: ${FORM}`);
    else readNamed(name, given, draft, wrong);
  }
  const { key } = draft;
  if (key === undefined) {
    if (isGood) wrong(value, `there is no key: ${FORM}`);
    return undefined;
  }
  judgeHmac(value, draft, isGood, wrong);
  return isGood ? lineOf(draft, key) : undefined;
}

type Wrong = (word: Word, message: string) => void;

function readNamed(name: 'key' | 'hmac' | 'user', given: Word, draft: Draft, wrong: Wrong): void {
  if (name === 'user') {
    const text = given.text.replace(/^"(.*)"$/, '$1');
    if (isSpaUser(text)) draft.spaUser = text;
    else wrong(given, `this is not a user name: write the one that the client sends, ${SPA_USER_FORM}`);
    return;
  }
  const bytes = parsePaddedBase64(given.text);
  const what = name === 'key' ? 'the key' : 'the HMAC key';
  const most = name === 'key' ? MAX_SPA_KEY_BYTES : MAX_HMAC_KEY_BYTES;
  if (bytes === undefined || bytes.length === 0) wrong(given, `${what} is not base64: ${FORM}`);
  else if (bytes.length > most) wrong(given, `${what} has ${bytes.length} bytes: fwknop takes up to ${most}`);
  else if (name === 'key') draft.key = bytes;
  else draft.hmacKey = bytes;
}

function readWord(name: string, word: Word, draft: Draft, wrong: Wrong): void {
  const digest = HASH_NAMES.find((one) => one === name);
  const mode = SPA_MODES.find((one) => one === name);
  if (digest !== undefined) draft.digest = digest;
  else if (mode !== undefined) draft.mode = mode;
  else if (name === 'no-hmac') draft.hasNoHmac = true;
  else {
    // It may be a key whose keyword is missing, so it is not shown.
    const known = `${HASH_NAMES.join(', ')}; ${SPA_MODES.join(', ')}`;
    wrong(word, `this word is neither a digest nor a mode: known are ${known}`);
  }
}

function judgeHmac(value: Word, { hmacKey, hasNoHmac, digest }: Draft, isGood: boolean, wrong: Wrong): void {
  if (!isGood) return;
  if (hmacKey !== undefined && hasNoHmac)
    wrong(value, 'hmac and no-hmac exclude each other: remove one of the two');
  if (hmacKey === undefined && !hasNoHmac)
    wrong(
      value,
      'there is no HMAC key: add hmac BASE64, or no-hmac if the client has none, which leaves its packets unauthenticated',
    );
  if (hasNoHmac && digest !== undefined) wrong(value, `${digest} is the digest of an HMAC: remove it`);
}

function lineOf({ hmacKey, digest = 'sha256', mode = 'cbc', spaUser }: Draft, key: Uint8Array): SpaLine {
  return {
    credential: {
      ...{ mode, key },
      ...(hmacKey === undefined ? {} : { hmac: { name: digest, key: hmacKey } }),
    },
    ...(spaUser === undefined ? {} : { spaUser }),
  };
}
