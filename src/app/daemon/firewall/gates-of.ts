import type { Config } from '../../../core/config/file/config.ts';
import type { Gate } from '../../../host/firewall/contract/firewall.ts';

/** Whether a door's port goes through this host: which interfaces lead to the world makes a difference then. */
export const hasForwardedDoors = (config: Config): boolean =>
  gatesOf(config).some(({ ports }) => ports.some(({ path }) => path === 'forward'));

/** What the doors have the firewall close to all but their leases. */
export function gatesOf({ doors }: Config): Gate[] {
  return doors.flatMap(({ name, opening }) => {
    const { ports, singleUse = false, hold = false, closeKills = false, leasePrefix6 } = opening;
    if (ports === undefined) return [];
    const prefix = leasePrefix6 === undefined ? {} : { prefix6: leasePrefix6 };
    return [{ door: name, ports, singleUse, hold, closeKills, ...prefix }];
  });
}
