import type { CarrierState } from '../../../core/control/fleet-link.ts';
import type { FleetVerbs } from '../../../host/control/control-verbs.ts';
import type { SpreadCoordinator } from '../spread/spread-coordinator.ts';
import type { FleetLink } from './fleet-link.ts';
import type { FleetReceiver } from './fleet-receiver.ts';
import type { FleetSender } from './fleet-sender.ts';

export type LinkVerbsParts = {
  readonly link: FleetLink;
  readonly sender: FleetSender;
  readonly receiver: FleetReceiver;
  readonly spread: SpreadCoordinator;
  readonly setState: (state: CarrierState) => void;
};

/** The requests of the carrier. */
export const linkVerbs = ({ link, sender, receiver, spread, setState }: LinkVerbsParts): FleetVerbs => ({
  'fleet-follow': () => link.follow(),
  'fleet-deliver': ({ records, upTo }) => receiver.deliver(records, upTo),
  'fleet-published': ({ seq }) => {
    sender.confirm(seq);
    link.confirm(seq);
    link.wake();
    return {};
  },
  'fleet-claimed': ({ id, outcome }) => {
    link.claimed(id, outcome);
    return {};
  },
  'fleet-state': (state) => {
    setState(state);
    return {};
  },
  'fleet-asked': ({ to, bytes }) => {
    spread.asked(to, bytes);
    return {};
  },
  'fleet-answered': ({ id, bytes }) => {
    spread.answered(id, bytes);
    return {};
  },
});
