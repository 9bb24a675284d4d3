import { parseBase64Url, renderBase64Url } from '../bytes/base64.ts';
import { FLEET_NAME_FORM, isFleetName } from './fleet-name.ts';

/** The file `key` of a member: its signing key, and the secret shared by its fleet. */
export type FleetKey = {
  readonly fleet: string;
  /** Shared by all members, unknown to the engine: keys of claims are derived from it. 32 bytes. */
  readonly secret: Uint8Array;
  /** The Ed25519 secret key of this member only (RFC 8032). 32 bytes. */
  readonly member: Uint8Array;
};

export type FleetKeyReading =
  | { readonly kind: 'key'; readonly key: FleetKey }
  | { readonly kind: 'bad'; readonly reason: string };

const KEY_BYTES = 32;

const LINES = ['fleet', 'secret', 'member'] as const;

const bad = (reason: string): FleetKeyReading => ({ kind: 'bad', reason });

/** `fleet edge`, `secret …`, `member …`: one line each; empty lines and comments (#) are skipped. */
export function parseFleetKey(text: string): FleetKeyReading {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [name = '', value = '', ...more] = line.trim().split(/\s+/);
    if (name === '' || name.startsWith('#')) continue;
    if (!LINES.some((one) => one === name) || value === '' || more.length > 0)
      return bad('it has a line that is none of `fleet NAME`, `secret …` and `member …`');
    if (values.has(name)) return bad(`it has two lines \`${name}\``);
    values.set(name, value);
  }
  const missing = LINES.find((one) => !values.has(one));
  if (missing !== undefined) return bad(`the line \`${missing}\` is missing`);
  const fleet = values.get('fleet') ?? '';
  if (!isFleetName(fleet)) return bad(`the name behind \`fleet\` is none: ${FLEET_NAME_FORM}`);
  const [secret, member] = [readBytes(values.get('secret')), readBytes(values.get('member'))];
  if (secret === undefined || member === undefined)
    return bad(`\`${secret === undefined ? 'secret' : 'member'}\` is not ${KEY_BYTES} bytes in base64url`);
  return { kind: 'key', key: { fleet, secret, member } };
}

function readBytes(text = ''): Uint8Array | undefined {
  const bytes = parseBase64Url(text);
  return bytes?.length === KEY_BYTES ? bytes : undefined;
}

export function renderFleetKey({ fleet, secret, member }: FleetKey): string {
  return [
    '# A member of a fleet, made by `bussa fleet init`. Keep it secret: whoever has it can speak for this host.',
    '# fleet and secret are the same on all hosts of the fleet; member is of this host alone.',
    `fleet ${fleet}`,
    `secret ${renderBase64Url(secret)}`,
    `member ${renderBase64Url(member)}`,
    '',
  ].join('\n');
}
