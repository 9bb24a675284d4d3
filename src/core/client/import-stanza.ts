import { parsePort } from '../net/port.ts';
import { isSpaKeyName, type SpaKeyName, type SpaKeys, spaKeysOf } from '../spa/spa-keys.ts';
import type { Findings } from '../text/findings.ts';
import { quoteText } from '../text/quote-text.ts';
import { splitWord, type Word } from '../text/word.ts';
import { type HostLine, isHostName, isHostValue } from './edit-hosts.ts';
import { DISPENSABLE, isYes, OBSTACLES, type Stanza } from './fwknoprc-settings.ts';
import { DEFAULT_RESOLVE_URL } from './spa-access.ts';
import {
  MAX_SPA_TIMEOUT_SECONDS,
  parseResolveUrl,
  parseSpaAddress,
  parseSpaPort,
  parseSpaUser,
} from './spa-keywords.ts';

/** A profile to create: its lines except `SpaKeyFile`, and the content of that file. */
export type ImportedProfile = {
  readonly name: string;
  readonly lines: readonly HostLine[];
  readonly keys: SpaKeys;
};

/** What cannot be imported unchanged, in a sentence with the remedy. */
export type SkippedSetting = { readonly line: number; readonly stanza: string; readonly what: string };

export type Imported = { readonly profiles: ImportedProfile[]; readonly leftOut: SkippedSetting[] };

/** Adds the profile for the stanza. Every mistake is a finding. */
export function importStanza(
  { name, settings }: Stanza,
  isDefault: boolean,
  { profiles, leftOut }: Imported,
  findings: Findings,
): void {
  const notes: SkippedSetting[] = [];
  const note = (line: number, what: string): void => void notes.push({ line, stanza: name.text, what });
  const obstacle = OBSTACLES.find((one) => isObstacle(one, settings));
  const why = obstacle === undefined ? whatIsMissing(settings) : `it has ${obstacle.name}: ${obstacle.why}`;
  // The values of a stanza that is left out are judged, not whether they are complete.
  const judged = why === undefined ? settings : new Map([...settings].filter(([one]) => one !== 'USE_HMAC'));
  const readsKeys = !/GPG|KEY_FILE/.test(obstacle?.name ?? '');
  const profile = readProfile({ name, settings: judged }, readsKeys, findings, note);
  // It only holds defaults for the others.
  if (isDefault && !settings.has('SPA_SERVER')) return;
  if (why !== undefined) {
    const line = settings.get(obstacle?.name ?? '')?.line ?? name.line;
    leftOut.push({ line, stanza: name.text, what: `left out: ${why}` });
    return;
  }
  if (profile === undefined) return;
  for (const [setting, remark] of Object.entries(DISPENSABLE)) {
    const value = settings.get(setting);
    if (value !== undefined) note(value.line, `${setting} is left out: ${remark}`);
  }
  profiles.push(profile);
  leftOut.push(...notes);
}

const isObstacle = ({ name, isSet }: (typeof OBSTACLES)[number], settings: Stanza['settings']): boolean => {
  const value = settings.get(name);
  return value !== undefined && isSet(value.text);
};

function whatIsMissing(settings: Stanza['settings']): string | undefined {
  if (!settings.has('SPA_SERVER'))
    return 'it has no SPA_SERVER: fwknop is given the host by -D; add the line';
  if (!settings.has('ACCESS')) return 'it has no ACCESS: fwknop is given the ports by -A; add the line';
  if (!settings.has('KEY') && !settings.has('KEY_BASE64'))
    return 'it has no key: fwknop asks for it at the terminal; add KEY_BASE64, or KEY with the passphrase';
  return undefined;
}

type Note = (line: number, what: string) => void;

/** `undefined`: something is missing or wrong. */
function readProfile(
  { name, settings }: Stanza,
  /** Not if they are in GPG, or in files of their own. */
  readsKeys: boolean,
  findings: Findings,
  note: Note,
): ImportedProfile | undefined {
  const keyWords = new Map<SpaKeyName, Word>();
  for (const [setting, value] of settings) if (isSpaKeyName(setting)) keyWords.set(setting, value);
  for (const [plain, base64] of KEY_PAIRS) {
    const unused = keyWords.has(plain) ? keyWords.get(base64) : undefined;
    if (unused === undefined) continue;
    keyWords.delete(base64);
    note(unused.line, `${base64} is left out: fwknop uses ${plain} where both are set`);
  }
  const hasKey = readsKeys && (keyWords.has('KEY') || keyWords.has('KEY_BASE64'));
  const keys = hasKey ? spaKeysOf(keyWords, name, findings) : undefined;
  const profile = profileName(name);
  const lines = [
    ...serverLines(profile, settings.get('SPA_SERVER'), findings),
    ...accessLines(settings.get('ACCESS'), findings),
    ...addressLines(name, settings, findings, note),
    ...portLines(settings.get('SPA_SERVER_PORT'), findings),
    ...timeLines(settings, findings),
    ...userLines(settings.get('SPOOF_USER'), findings),
  ];
  if (keys === undefined) return undefined;
  if (keys.credential.hmac === undefined)
    note(
      name.line,
      'it has no HMAC key: fwknopd cannot tell a changed packet from yours; give both sides one',
    );
  if (profile !== name.text) note(name.line, `its profile is called ${profile}`);
  return { name: profile, lines, keys };
}

/** A stanza's name may have blanks, and what is a pattern in hosts.conf. */
function profileName({ text }: Word): string {
  const name = isHostName(text) ? text : text.replaceAll(/[^A-Za-z0-9._-]+/g, '_');
  return isHostName(name) ? name : 'fwknop';
}

/** Also if one of both is in [default]. */
const KEY_PAIRS = [
  ['KEY', 'KEY_BASE64'],
  ['HMAC_KEY', 'HMAC_KEY_BASE64'],
] as const;

function serverLines(profile: string, server: Word | undefined, findings: Findings): HostLine[] {
  if (server === undefined) return [];
  if (!isHostValue(server.text))
    findings.error(server, `${quoteText(server.text)} is not a host: write a name or an address`);
  return server.text === profile ? [] : [['HostName', server.text.replaceAll('%', '%%')]];
}

/** The first TCP port is the one to wait for. */
function accessLines(access: Word | undefined, findings: Findings): HostLine[] {
  if (access === undefined) return [];
  const ports = splitWord(access, ',').map((word) => parseSpaPort(word, findings));
  const tcp = ports.find((port) => port?.protocol === 'tcp');
  const words = ports.map((port) => (port === undefined ? '' : `${port.protocol}/${port.port}`));
  return [...(tcp === undefined ? [] : [['Port', `${tcp.port}`] as const]), ['Spa', words.join(' ')]];
}

function addressLines(name: Word, settings: Stanza['settings'], findings: Findings, note: Note): HostLine[] {
  const family: HostLine[] = isYes(settings.get('SERVER_RESOLVE_IPV4')?.text ?? '')
    ? [['AddressFamily', 'inet']]
    : [];
  let wish: string | undefined;
  for (const [setting, value] of settings) {
    if (setting === 'ALLOW_IP') wish = readAllowed(value, findings) ?? wish;
    if ((setting === 'RESOLVE_IP_HTTPS' || setting === 'RESOLVE_IP_HTTP') && isYes(value.text))
      wish = 'resolve';
  }
  if (wish === undefined && settings.has('SPA_SERVER'))
    note(
      name.line,
      'it names no ALLOW_IP: SpaAddress packet is written, which a server may refuse; resolve, or the address, may be better',
    );
  const url = wish === 'resolve' ? resolveUrl(settings, findings) : undefined;
  return [
    ...family,
    ['SpaAddress', wish ?? 'packet'],
    ...(url === undefined ? [] : [['SpaResolveUrl', url] as const]),
  ];
}

function readAllowed(value: Word, findings: Findings): string | undefined {
  const address = parseSpaAddress(value, findings);
  return address?.kind === 'address' ? address.address : address?.kind;
}

function resolveUrl(settings: Stanza['settings'], findings: Findings): string | undefined {
  const url = settings.get('RESOLVE_URL');
  const isPlain = isYes(settings.get('RESOLVE_HTTP_ONLY')?.text ?? '');
  if (url === undefined) return isPlain ? DEFAULT_RESOLVE_URL.replace('https:', 'http:') : undefined;
  // fwknop accepts it without a scheme.
  const text = /^https?:/i.test(url.text) ? url.text : `${isPlain ? 'http' : 'https'}://${url.text}`;
  return parseResolveUrl({ ...url, text }, findings);
}

function portLines(word: Word | undefined, findings: Findings): HostLine[] {
  if (word === undefined) return [];
  const port = parsePort(word.text);
  if (port === undefined)
    findings.error(word, `${quoteText(word.text)} is not a port: it is a number from 1 to 65535`);
  return [['SpaPort', word.text]];
}

/** `30`, `-2M`, `60sec`: fwknop ignores what follows the first letter of the unit. */
function timeLines(settings: Stanza['settings'], findings: Findings): HostLine[] {
  const lines: HostLine[] = [];
  const timeout = settings.get('FW_TIMEOUT');
  if (
    timeout !== undefined &&
    !(/^[0-9]{1,6}$/.test(timeout.text) && Number(timeout.text) <= MAX_SPA_TIMEOUT_SECONDS)
  )
    findings.error(
      timeout,
      `${quoteText(timeout.text)} is no length of time: FW_TIMEOUT is 0 to ${MAX_SPA_TIMEOUT_SECONDS} seconds`,
    );
  else if (timeout !== undefined && Number(timeout.text) > 0)
    lines.push(['SpaTimeout', `${Number(timeout.text)}s`]);
  const offset = settings.get('TIME_OFFSET');
  const [, sign = '', digits = '', unit = 's'] =
    /^([+-]?)([0-9]{1,5})([smhd][a-z]*)?$/i.exec(offset?.text ?? '') ?? [];
  if (offset !== undefined && digits === '')
    findings.error(
      offset,
      `${quoteText(offset.text)} is no offset of a clock: write seconds, or 2M, 1H, -3M`,
    );
  else if (Number(digits) > 0)
    lines.push([
      'SpaTimeOffset',
      `${sign === '-' ? '-' : ''}${Number(digits)}${(unit[0] ?? 's').toLowerCase()}`,
    ]);
  return lines;
}

function userLines(word: Word | undefined, findings: Findings): HostLine[] {
  return word === undefined || parseSpaUser(word, findings) === undefined ? [] : [['SpaUser', word.text]];
}
