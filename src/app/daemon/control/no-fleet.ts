import type { FleetVerb } from '../../../core/control/fleet-link.ts';
import { RequestError } from '../../../core/control/parse-request.ts';
import type { ControlVerbs } from './control-verbs.ts';

export type FleetVerbs = Pick<ControlVerbs, FleetVerb>;

/** What a carrier is told by a daemon without a fleet. */
export const NO_FLEET: FleetVerbs = {
  // biome-ignore lint/correctness/useYield: it has nothing to say
  async *'fleet-follow'() {
    refuse();
  },
  'fleet-deliver': refuse,
  'fleet-published': refuse,
  'fleet-claimed': refuse,
  'fleet-state': refuse,
  'fleet-asked': refuse,
  'fleet-answered': refuse,
};

function refuse(): never {
  throw new RequestError('this daemon has no fleet: its configuration has no section [fleet]');
}
