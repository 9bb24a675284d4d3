import { SPA_KEY_NAMES } from '../spa/spa-keys.ts';

/** Settings of a stanza of access.conf (access.c of fwknop 2.6.10) that Bussa's doors and users take over. */
const TAKEN = [
  'DESTINATION',
  'OPEN_PORTS',
  'RESTRICT_PORTS',
  'FW_ACCESS_TIMEOUT',
  'MAX_FW_TIMEOUT',
  'ACCESS_EXPIRE',
  'ACCESS_EXPIRE_EPOCH',
  'REQUIRE_USERNAME',
  'REQUIRE_SOURCE_ADDRESS',
  'REQUIRE_SOURCE',
  'CMD_CYCLE_OPEN',
  'CMD_CYCLE_CLOSE',
  'CMD_CYCLE_TIMER',
] as const;

export const isYes = (value: string): boolean => /^y/i.test(value);
const always = (): boolean => true;

type Obstacle = { readonly isSet: (value: string) => boolean; readonly why: string };

const NAT: Obstacle = {
  isSet: always,
  why: 'fwknop’s address translation: write a door with `open = tcp/22 forward`, and translate with a rule of your own',
};

/** Settings that the stanza cannot do without: it is skipped as a whole. */
export const OBSTACLES: Readonly<Record<string, Obstacle>> = {
  FORCE_NAT: NAT,
  FORCE_SNAT: NAT,
  FORCE_MASQUERADE: { ...NAT, isSet: isYes },
  DISABLE_DNAT: { ...NAT, isSet: isYes },
  FORWARD_ALL: { ...NAT, isSet: isYes },
};

const COMMANDS =
  'commands that the client sends: write a door with the start_command that may run, and nothing else can';

/** Only the setting is skipped: the stanza works without it. */
export const DISPENSABLE: Readonly<Record<string, Obstacle>> = {
  ENABLE_CMD_EXEC: { isSet: isYes, why: COMMANDS },
  ENABLE_CMD_SUDO_EXEC: { isSet: isYes, why: COMMANDS },
};

/** They configure how commands run, which are skipped. */
const MEANINGLESS = [
  'CMD_SUDO_EXEC_USER',
  'CMD_SUDO_EXEC_GROUP',
  'CMD_EXEC_USER',
  'CMD_EXEC_GROUP',
  'SUDO_EXE',
  'FORCE_SNAT',
] as const;

/** Settings about GPG: a stanza without another key is skipped. */
const GPG_NAMES = [
  'GPG_HOME_DIR',
  'GPG_EXE',
  'GPG_DECRYPT_ID',
  'GPG_DECRYPT_PW',
  'GPG_ALLOW_NO_PW',
  'GPG_REQUIRE_SIG',
  'GPG_DISABLE_SIG',
  'GPG_IGNORE_SIG_VERIFY_ERROR',
  'GPG_REMOTE_ID',
  'GPG_FINGERPRINT_ID',
] as const;

export const isGpgName = (name: string): boolean => GPG_NAMES.some((one) => one === name);

export const ACCESS_NAMES: readonly string[] = [
  ...new Set<string>([
    ...['SOURCE', ...TAKEN, ...SPA_KEY_NAMES.filter((name) => name !== 'USE_HMAC' && name !== 'DIGEST_TYPE')],
    ...[...Object.keys(OBSTACLES), ...Object.keys(DISPENSABLE), ...MEANINGLESS, ...GPG_NAMES],
  ]),
];

/** Each stanza may have one of these. */
export const INCLUDES = ['%include', '%include_folder', '%include_keys'] as const;

export type IncludeName = (typeof INCLUDES)[number];
