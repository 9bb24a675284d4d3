import type { Config } from '../../../core/config/file/config.ts';
import type { Gate } from '../../../host/firewall/contract/firewall.ts';

/** What the doors have the firewall close to all but their leases. */
export function gatesOf({ doors }: Config): Gate[] {
  return doors.flatMap(({ name, opening }) => {
    const { ports, singleUse = false, hold = false, closeKills = false, leasePrefix6 } = opening;
    if (ports === undefined) return [];
    const prefix = leasePrefix6 === undefined ? {} : { prefix6: leasePrefix6 };
    return [{ door: name, ports, singleUse, hold, closeKills, ...prefix }];
  });
}
