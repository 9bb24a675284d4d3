import type { Proof } from '../../core/attempt/completion.ts';
import { HOLDER_KINDS } from '../../core/door/proof-kind.ts';
import type { Lease } from '../../core/lease/lease.ts';

type Held = Pick<Lease, 'holders' | 'isShared'>;

/** A sequence or an operator's command holds the lease together with its users. */
const SHARED = '-';

const LINE = /^(\S{1,32}) ([a-z]{1,16}) ([A-Z0-9]{1,16}:[A-Za-z0-9+/]{1,64})$/;

/** One line each: `alice key SHA256:…`. No name contains a space. */
export function renderHolders({ holders = [], isShared }: Held): string {
  if (holders.length === 0 && isShared !== true) return '';
  const lines = holders.map(({ user, kind, fingerprint }) => `${user} ${kind} ${fingerprint}`);
  return [...lines, ...(isShared === true ? [SHARED] : [])].join('\n');
}

/** Throws an `Error` if this program did not write it. */
export function readHolders(text: unknown): Held {
  // A damaged database may have an earlier layout.
  if (text === undefined || text === '') return {};
  const lines = String(text).split('\n');
  const holders = lines.filter((line) => line !== SHARED).map(readHolder);
  if (holders.length === 0) throw new Error(`a row's users cannot be read: ${String(text)}`);
  return { holders, ...(lines.includes(SHARED) ? { isShared: true } : {}) };
}

function readHolder(line: string): Proof {
  const [, user, word, fingerprint] = LINE.exec(line) ?? [];
  const kind = HOLDER_KINDS.find((one) => one === word);
  if (user === undefined || kind === undefined || fingerprint === undefined)
    throw new Error(`a row's user cannot be read: ${line}`);
  return { kind, user, fingerprint };
}
