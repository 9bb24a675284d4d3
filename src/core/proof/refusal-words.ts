import { renderBase64 } from '../bytes/base64.ts';
import { REASONS } from '../say/reasons.ts';
import type { Said } from '../say/said.ts';
import type { KnockBody } from '../signed/knock-body.ts';
import type { ReplyStatus } from '../signed/knock-reply.ts';
import { saidClock } from './clock-words.ts';
import type { ProofJudgement, ProofRefusal } from './prove-knock.ts';

/** `key source` becomes `key-source`. */
export type Dashed<S extends string> = S extends `${infer A} ${infer B}` ? `${A}-${Dashed<B>}` : S;

type Refused = Extract<ProofJudgement, { kind: 'refused' }>;

/** Why a proof was refused; `shortReason`: without parts that may differ each time; `why`: by its kind. */
export type RefusalWords = { readonly reason: string; readonly shortReason: string; readonly why?: Said };

/** As a clause to follow `signed knock refused: `. */
export function refusalWords({ reason, owner, behind }: Refused, body: KnockBody): RefusalWords {
  const code = `knock-${reason.replaceAll(' ', '-') as Dashed<ProofRefusal>}` as const;
  const shortReason = REASONS[code];
  const longer = (text: string): RefusalWords => ({
    reason: text,
    shortReason,
    why: { code, values: {}, text },
  });
  const user = owner?.user.name ?? '';
  switch (reason) {
    case 'unknown key':
      return longer(`${shortReason}: ${shortFingerprint(body.keyId)}`);
    case 'source':
      return longer(`it is bound to another source, ${body.source}`);
    case 'clock':
      return behind === undefined
        ? { reason: shortReason, shortReason }
        : { ...saidClock(behind), shortReason };
    case 'door': {
      const what =
        body.door === '' ? 'names no door, and may not open exactly one' : `may not open a door ${body.door}`;
      return longer(`${user} ${what}`);
    }
    default:
      return { reason: shortReason, shortReason };
  }
}

export const USED_ALREADY = REASONS['knock-used'];

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

/** The knock carries the first 16 bytes of the key's SHA-256: only these characters of the fingerprint are known. */
function shortFingerprint(keyId: Uint8Array): string {
  return `SHA256:${renderBase64(keyId).slice(0, Math.floor((keyId.length * 8) / 6))}…`;
}
