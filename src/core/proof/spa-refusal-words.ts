import { REASONS } from '../say/reasons.ts';
import type { SpaMessage } from '../spa/spa-message.ts';
import { readSpaRequest, renderWantedPort } from '../spa/spa-request.ts';
import type { SpaOwner } from '../users/user-directory.ts';
import { saidClock } from './clock-words.ts';
import type { SpaJudgement, SpaRefusal } from './prove-spa.ts';
import type { Dashed, RefusalWords } from './refusal-words.ts';

type Refused = Extract<SpaJudgement, { kind: 'refused' }>;

/** As a clause to follow `SPA packet refused: `. */
export function spaRefusalWords(
  { reason, behind, port }: Refused,
  { user }: SpaOwner,
  message: SpaMessage,
): RefusalWords {
  const code = `spa-${reason.replaceAll(' ', '-') as Dashed<SpaRefusal>}` as const;
  const shortReason = REASONS[code];
  const longer = (text: string): RefusalWords => ({
    reason: text,
    shortReason,
    why: { code, values: {}, text },
  });
  const plain = { reason: shortReason, shortReason };
  switch (reason) {
    case 'clock':
      return behind === undefined ? plain : { ...saidClock(behind), shortReason };
    case 'door':
      return port === undefined ? plain : longer(`${user.name} may not open ${renderWantedPort(port)}`);
    case 'address': {
      const { address = 'an address' } = readSpaRequest(message.message) ?? {};
      return longer(`it asks to open for ${address}, which nobody can have`);
    }
    default:
      return plain;
  }
}

export const SPA_USED_ALREADY = REASONS['spa-used'];
