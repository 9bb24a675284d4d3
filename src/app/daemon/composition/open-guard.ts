import type { Clock } from '../../../host/clock/clock.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import type { FirewallDoorsParts } from '../firewall/firewall-doors-parts.ts';
import { gatesOf } from '../firewall/gates-of.ts';
import { LockoutGuard } from '../lockout-guard/lockout-guard.ts';
import type { KnockListener } from '../packets/knock-listener.ts';
import { logTargets } from '../reporting/open-sinks.ts';
import type { Reports } from '../reporting/reports.ts';

type OpenGuardParts = {
  readonly clock: Clock;
  readonly inForce: ConfigInForce;
  readonly reports: Reports;
  readonly watch: KnockListener;
  /** The state directory. `undefined` if it could not be opened. */
  readonly directory: string | undefined;
};

/** The lockout guard, if this start has one. */
export function openGuard(
  { guard: options, ...others }: DaemonOptions,
  { clock, inForce, reports, watch, directory }: OpenGuardParts,
  openFirewall: FirewallDoorsParts['openFirewall'],
): LockoutGuard | undefined {
  if (options === undefined) return undefined;
  const parts = {
    ...{ options, directory, openFirewall, clock },
    ownAddresses: () => watch.interfaces.interfaces.flatMap(({ addresses }) => addresses),
    report: reports.report,
    request: () => {
      const { settings } = inForce.current;
      return { settings, log: logTargets(settings, others) };
    },
  };
  return new LockoutGuard(parts, gatesOf(inForce.current), inForce.current.settings);
}
