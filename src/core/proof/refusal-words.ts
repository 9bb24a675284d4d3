import { renderBase64 } from '../bytes/base64.ts';
import type { KnockBody } from '../signed/knock-body.ts';
import type { ReplyStatus } from '../signed/knock-reply.ts';
import { clockWords } from './clock-words.ts';
import type { ProofJudgement, ProofRefusal } from './prove-knock.ts';

type Refused = Extract<ProofJudgement, { kind: 'refused' }>;

/** Why a signed knock was refused; `shortReason`: without parts that may differ each time. */
export type RefusalWords = { readonly reason: string; readonly shortReason: string };

/** As a clause to follow `signed knock refused: `. */
export function refusalWords({ reason, owner, behind }: Refused, body: KnockBody): RefusalWords {
  const shortReason = shortWords(reason);
  const user = owner?.user.name ?? '';
  switch (reason) {
    case 'unknown key':
      return { reason: `${shortReason}: ${shortFingerprint(body.keyId)}`, shortReason };
    case 'source':
      return { reason: `it is bound to another source, ${body.source}`, shortReason };
    case 'clock':
      return { reason: behind === undefined ? shortReason : clockWords(behind), shortReason };
    case 'door': {
      const what =
        body.door === '' ? 'names no door, and may not open exactly one' : `may not open a door ${body.door}`;
      return { reason: `${user} ${what}`, shortReason };
    }
    default:
      return { reason: shortReason, shortReason };
  }
}

export const USED_ALREADY = 'it was used already: each signed knock counts once';

/** The reply to the sender, if his signature is valid. `undefined`: none. */
export function replyStatus(reason: ProofRefusal): ReplyStatus | undefined {
  switch (reason) {
    case 'unknown key':
    case 'signature':
      return undefined;
    case 'clock':
    case 'forgotten':
    case 'challenge':
      return 'clock';
    case 'source':
    case 'unbound':
      return 'source';
    case 'key source':
    case 'key expired':
    case 'key off':
    case 'door':
      return 'refused';
    default:
      return reason satisfies never;
  }
}

function shortWords(reason: ProofRefusal): string {
  switch (reason) {
    case 'unknown key':
      return 'no user has its key';
    case 'source':
      return 'it is bound to another source';
    case 'key source':
      return 'its key may not be used from this address';
    case 'key expired':
      return 'its key is no longer valid';
    case 'key off':
      return 'its user is off';
    case 'signature':
      return 'its signature is wrong, or the token was not touched or got no PIN';
    case 'clock':
      return 'the clock of the sender is wrong';
    case 'forgotten':
      return 'it is older than the record of used knocks: send a new one';
    case 'challenge':
      return 'its challenge is wrong or no longer valid';
    case 'door':
      return 'its user may not open that door';
    case 'unbound':
      return 'the door requires the knock to name its source';
    default:
      return reason satisfies never;
  }
}

/** The knock carries the first 16 bytes of the key's SHA-256: only these characters of the fingerprint are known. */
function shortFingerprint(keyId: Uint8Array): string {
  return `SHA256:${renderBase64(keyId).slice(0, Math.floor((keyId.length * 8) / 6))}…`;
}
