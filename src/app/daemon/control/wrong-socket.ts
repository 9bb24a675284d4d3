import { RequestError } from '../../../core/control/parse-request.ts';
import type { FleetVerbs } from '../../../host/control/control-verbs.ts';

/** A user of the control socket need not be allowed to speak for the engine. */
export const WRONG_SOCKET: FleetVerbs = {
  'fleet-follow': refuse,
  'fleet-deliver': refuse,
  'fleet-published': refuse,
  'fleet-claimed': refuse,
  'fleet-state': refuse,
  'fleet-asked': refuse,
  'fleet-answered': refuse,
};

function refuse(): never {
  throw new RequestError('this is for `bussa fleet`, at the socket `fleet` beside this one');
}
