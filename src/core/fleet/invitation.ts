import { parseBase64Url, renderBase64Url } from '../bytes/base64.ts';
import { parseEngine } from './engine-address.ts';
import { isFleetName } from './fleet-name.ts';

/** What an existing member gives to a new one, including the secret of the fleet. */
export type Invitation = {
  readonly fleet: string;
  /** The new member's name. */
  readonly member: string;
  readonly secret: Uint8Array;
  /** The engine's address, with the new member's user name. */
  readonly engine: string;
  /** Lines for the members file: the inviting host, and the members that it knows. */
  readonly members: readonly string[];
};

const MARK = 'bussa-fleet1-';
const SECRET_BYTES = 32;

/** One word. It contains the secret of the fleet. */
export function renderInvitation({ fleet, member, secret, engine, members }: Invitation): string {
  const text = [fleet, member, renderBase64Url(secret), engine, ...members].join('\n');
  return `${MARK}${renderBase64Url(new TextEncoder().encode(text))}`;
}

/** `undefined`: it is not an invitation, or it is damaged. */
export function parseInvitation(word: string): Invitation | undefined {
  const bytes = word.startsWith(MARK) ? parseBase64Url(word.slice(MARK.length)) : undefined;
  if (bytes === undefined) return undefined;
  const [fleet = '', member = '', digits = '', engine = '', ...members] = new TextDecoder()
    .decode(bytes)
    .split('\n');
  const secret = parseBase64Url(digits);
  const isWhole = isFleetName(fleet) && isFleetName(member) && parseEngine(engine).kind === 'engine';
  return isWhole && secret?.length === SECRET_BYTES ? { fleet, member, secret, engine, members } : undefined;
}
