import type { SpaMessage } from '../spa/spa-message.ts';
import { readSpaRequest, renderWantedPort } from '../spa/spa-request.ts';
import type { SpaOwner } from '../users/user-directory.ts';
import { clockWords } from './clock-words.ts';
import type { SpaJudgement, SpaRefusal } from './prove-spa.ts';
import type { RefusalWords } from './refusal-words.ts';

type Refused = Extract<SpaJudgement, { kind: 'refused' }>;

/** As a clause to follow `SPA packet refused: `. */
export function spaRefusalWords(
  { reason, behind, port }: Refused,
  { user }: SpaOwner,
  message: SpaMessage,
): RefusalWords {
  const shortReason = SHORT[reason];
  switch (reason) {
    case 'clock':
      return { reason: behind === undefined ? shortReason : clockWords(behind), shortReason };
    case 'door':
      return {
        reason: port === undefined ? shortReason : `${user.name} may not open ${renderWantedPort(port)}`,
        shortReason,
      };
    case 'address':
      return {
        reason: `it asks to open for ${readSpaRequest(message.message)?.address ?? 'an address'}, which nobody can have`,
        shortReason,
      };
    default:
      return { reason: shortReason, shortReason };
  }
}

export const SPA_USED_ALREADY = 'it was used already: each packet counts once';

const SHORT: Readonly<Record<SpaRefusal, string>> = {
  'key off': 'its user is off',
  'key expired': 'its user has expired',
  'key source': 'its user may not send from this address',
  'user name': 'it carries another user name than the users file asks for',
  clock: 'the clock of the sender is wrong',
  forgotten: 'it is older than the record of used packets: send a new one',
  command: 'it asks to run a command: Bussa runs only the commands of its doors',
  nat: 'it asks for address translation: a door with `forward` behind its port does this',
  request: 'its request cannot be read: Bussa opens ports, as in tcp/22,udp/53',
  address: 'it asks to open for an address that nobody can have',
  door: 'its user may not open that port',
  unbound: 'the door requires the packet to name its source, and it says 0.0.0.0: use fwknop -R or -a',
  'door source': 'the door does not allow the address that sent it',
};
