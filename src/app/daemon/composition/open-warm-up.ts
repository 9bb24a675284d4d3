import type { Clock } from '../../../host/clock/clock.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { OneTimeDoors } from '../../config/one-time-doors.ts';
import type { FirewallDoors } from '../firewall/firewall-doors.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { KnockListener } from '../packets/knock-listener.ts';
import type { Admit } from '../warm-up/rehearsal-daemon.ts';
import { WarmUp } from '../warm-up/warm-up.ts';
import { CompletionAdmission } from './completion-admission.ts';

type OpenWarmUpParts = {
  readonly clock: Clock;
  readonly inForce: ConfigInForce;
  readonly watch: KnockListener;
  readonly oneTime: OneTimeDoors;
};

export function openWarmUp(
  { clock, inForce, watch, oneTime }: OpenWarmUpParts,
  native: FirewallDoors,
): WarmUp {
  const admitTo = (keeper: LeaseKeeper): Admit => {
    const admission = new CompletionAdmission({ inForce, watch, keeper, oneTime });
    return (completion, whyNot) => admission.admit(completion, whyNot);
  };
  const askKernel = (): void => watch.rehearse();
  return new WarmUp({ clock, native, authority: () => inForce.authority, admitTo, askKernel });
}
