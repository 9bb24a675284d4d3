import { MAX_RECORD_BYTES } from '../../core/control/fleet-link.ts';
import { isFleetName } from '../../core/fleet/fleet-name.ts';

/** A pub/sub message: a line of text, then bytes from the daemon. */
export type ChannelMessage = { readonly line: string; readonly bytes: Uint8Array };

/** BOUNDED: a member's name and a number. */
const MAX_LINE = 64;

const NEWLINE = 10;

export const renderMessage = (line: string, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${line}\n`, 'latin1'), bytes]);

/** `undefined`: no member has sent it. */
export function parseMessage(message: Uint8Array): ChannelMessage | undefined {
  const end = message.subarray(0, MAX_LINE + 1).indexOf(NEWLINE);
  if (end < 0) return undefined;
  const bytes = message.subarray(end + 1);
  if (bytes.length === 0 || bytes.length > MAX_RECORD_BYTES) return undefined;
  return { line: Buffer.from(message.subarray(0, end)).toString('latin1'), bytes };
}

/** The member that asks, and the number of its question: the answer goes there. */
export type ReplyAddress = { readonly member: string; readonly id: number };

export const renderReplyAddress = ({ member, id }: ReplyAddress): string => `${member} ${id}`;

export function parseReplyAddress(line: string): ReplyAddress | undefined {
  const [, member = '', digits = ''] = /^(\S+) ([1-9][0-9]{0,14})$/.exec(line) ?? [];
  return isFleetName(member) ? { member, id: Number(digits) } : undefined;
}
