import type { Config } from '../../core/config/config.ts';
import type { Gate } from '../../host/firewall/firewall.ts';

/** What the doors have the firewall close to all but their leases. */
export function gatesOf({ doors }: Config): Gate[] {
  return doors.flatMap(({ name, opening: { ports, singleUse = false, hold = false, closeKills = false } }) =>
    ports === undefined ? [] : [{ door: name, ports, singleUse, hold, closeKills }],
  );
}
