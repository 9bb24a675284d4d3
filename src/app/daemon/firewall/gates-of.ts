import type { Config } from '../../../core/config/file/config.ts';
import type { Gate } from '../../../host/firewall/contract/firewall.ts';

/** Whether a door's port is forwarded through this host. Then it matters which interfaces face the outside. */
export const hasForwardedDoors = (config: Config): boolean =>
  gatesOf(config).some(({ ports }) => ports.some(({ path }) => path === 'forward'));

/** The ports that the firewall closes to everybody without a lease. */
export function gatesOf({ doors }: Config): Gate[] {
  return doors.flatMap(({ name, opening }) => {
    const { ports, singleUse = false, hold = false, closeKills = false, leasePrefix6 } = opening;
    if (ports === undefined) return [];
    const prefix = leasePrefix6 === undefined ? {} : { prefix6: leasePrefix6 };
    return [{ door: name, ports, singleUse, hold, closeKills, ...prefix }];
  });
}
