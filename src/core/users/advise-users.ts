import { readSectionsBy } from '../config/file/read-sections.ts';
import { type DoorSpec, userProofs } from '../door/door.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { Findings } from '../text/findings.ts';
import { quoteText } from '../text/quote-text.ts';
import { splitLines } from '../text/split-lines.ts';
import { sliceWord, splitWord, type Word } from '../text/word.ts';
import { parseSpa } from './parse-spa.ts';
import { USER_GRAMMAR } from './user-directives.ts';

/** Warns about what is legal in a users file but has no effect with these doors. The text has no mistakes. */
export function adviseUsers(
  file: string,
  bytes: Uint8Array,
  doors: readonly DoorSpec[],
): readonly Diagnostic[] {
  const { lines } = splitLines(bytes);
  const findings = new Findings();
  let spaKeys = 0;
  for (const { name: user, entries } of readSectionsBy(USER_GRAMMAR, lines, new Findings())) {
    for (const { directive, value } of entries) {
      if (value === undefined) continue;
      if (directive.name === 'Spa') adviseSpa(value, ++spaKeys, findings);
      if (directive.name !== 'Doors') continue;
      for (const word of splitWord(value, ',')) {
        const door = doors.find(({ name }) => name === word.text);
        const why = whyNot(door, user.text);
        if (why !== undefined) findings.warning(word, 'unknown-door', `${quoteText(word.text)} ${why}`);
      }
    }
  }
  return findings.diagnostics(file, lines);
}

/** Each key is tried with every possible fwknop packet. */
const MANY_SPA_KEYS = 20;

/** Whoever records a packet can try passphrases on it, as fast as his machine computes hashes. */
const SHORT_KEY_BYTES = 16;

/** `count`: its position among the file's keys. */
function adviseSpa(value: Word, count: number, findings: Findings): void {
  const at = sliceWord(value, 0, 0);
  const credential = parseSpa(value, new Findings())?.credential;
  if (credential === undefined) return;
  const { hmac, key, mode } = credential;
  const renew = '`bussa user add NAME --spa` makes good ones';
  if (hmac === undefined)
    findings.warning(
      at,
      'no-hmac',
      `without an HMAC, packets are not authenticated before they are decrypted: ${renew}`,
    );
  if (mode === 'legacy' || mode === 'ecb')
    findings.warning(at, 'weak-mode', `the mode ${mode} is weak: use cbc on client and server`);
  if (Math.min(key.length, hmac?.key.length ?? key.length) < SHORT_KEY_BYTES)
    findings.warning(at, 'short-key', `a short key can be guessed from one recorded packet: ${renew}`);
  if (count === MANY_SPA_KEYS + 1)
    findings.warning(
      at,
      'many-spa-keys',
      `more than ${MANY_SPA_KEYS} keys of fwknop: each is tried for each packet, and a flood leaves the less room for honest ones; give users SSH keys`,
    );
}

function whyNot(door: DoorSpec | undefined, user: string): string | undefined {
  if (door === undefined) return 'is not a door of the configuration: correct the name, or remove it';
  if (userProofs(door).length === 0)
    return 'is a door that accepts only its sequence: add accept = key or another proof to it, or remove it here';
  if (door.users !== undefined && !door.users.includes(user))
    return `is a door for ${door.users.slice(0, 8).join(', ')}: add ${user} to its Users, or remove it here`;
  return undefined;
}
