import { SPA_KEY_NAMES } from '../spa/spa-keys.ts';
import type { Word } from '../text/word.ts';

/** `name`: of the stanza; its settings by name, in file order. The last one of a name counts. */
export type Stanza = { readonly name: Word; readonly settings: Map<string, Word> };

/** Anything else means no (is_yes_str). */
export const isYes = (value: string): boolean => value.toUpperCase() === 'Y';
const always = (): boolean => true;

/** Settings that a profile of Bussa takes over. */
const TAKEN = [
  'SPA_SERVER',
  'ACCESS',
  'ALLOW_IP',
  'SPA_SERVER_PORT',
  'SPA_SERVER_PROTO',
  'FW_TIMEOUT',
  'TIME_OFFSET',
  'SPOOF_USER',
  'RESOLVE_IP_HTTPS',
  'RESOLVE_IP_HTTP',
  'RESOLVE_HTTP_ONLY',
  'RESOLVE_URL',
  'SERVER_RESOLVE_IPV4',
] as const;

/** Settings of the fwknop program itself, or without effect unless GPG is used. */
const MEANINGLESS = [
  'VERBOSE',
  'NO_SAVE_ARGS',
  'WGET_CMD',
  'HTTP_USER_AGENT',
  'USE_WGET_USER_AGENT',
  'GPG_RECIPIENT',
  'GPG_SIGNER',
  'GPG_HOMEDIR',
  'GPG_EXE',
  'GPG_SIGNING_PW',
  'GPG_SIGNING_PW_BASE64',
  'GPG_NO_SIGNING_PW',
];

type Obstacle = {
  readonly name: string;
  readonly isSet: (value: string) => boolean;
  readonly why: string;
};

const GPG =
  'Bussa sends no GPG packets: use a key of fwknop’s here, or, with Bussa on the server, an SSH key (bussa user add)';
const NAT =
  'Bussa asks fwknopd for no NAT: a forward door of Bussa’s on the server opens the port of a host behind it';
const FILE = 'write the key itself into the stanza, as KEY_BASE64 and HMAC_KEY_BASE64';

/** Settings that the stanza cannot do without: one of them excludes the whole stanza. */
export const OBSTACLES: readonly Obstacle[] = [
  { name: 'USE_GPG', isSet: isYes, why: GPG },
  { name: 'USE_GPG_AGENT', isSet: isYes, why: GPG },
  { name: 'NAT_ACCESS', isSet: always, why: NAT },
  { name: 'NAT_LOCAL', isSet: isYes, why: NAT },
  { name: 'NAT_PORT', isSet: always, why: NAT },
  { name: 'NAT_RAND_PORT', isSet: isYes, why: NAT },
  { name: 'KEY_FILE', isSet: always, why: FILE },
  { name: 'HMAC_KEY_FILE', isSet: always, why: FILE },
  { name: 'RAND_PORT', isSet: isYes, why: 'Bussa sends to one port: give SPA_SERVER_PORT' },
  {
    name: 'SPOOF_SOURCE_IP',
    isSet: always,
    why: 'Bussa sends from this host’s own address: give the address to open for as ALLOW_IP',
  },
  {
    name: 'SPA_SERVER_PROTO',
    isSet: (value) => value.toLowerCase() !== 'udp',
    why: 'Bussa sends SPA packets by UDP: have fwknopd hear UDP, as it does by default',
  },
];

/** Only the setting is skipped: the stanza works without it. */
export const DISPENSABLE: Readonly<Record<string, string>> = {
  SPA_SOURCE_PORT: 'the packet leaves from a port that the kernel chooses',
};

export const FWKNOPRC_NAMES: readonly string[] = [
  ...new Set([
    ...TAKEN,
    ...SPA_KEY_NAMES,
    ...MEANINGLESS,
    ...OBSTACLES.map(({ name }) => name),
    ...Object.keys(DISPENSABLE),
  ]),
];
