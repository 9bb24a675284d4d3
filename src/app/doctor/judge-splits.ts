import type { Finding } from '../../core/doctor/finding.ts';
import { ok, warning } from '../../core/doctor/finding.ts';
import type { SplitDoor } from '../../core/trace/split-sequences.ts';

/** The part of the daemon's status about sequences of which only parts reach this host. */
export type SplitStatus = { readonly splits?: readonly SplitDoor[] };

/** Documentation/networking/ip-sysctl.rst: 0 hashes by addresses, 1 by ports too. */
const BY_SOURCE = [
  'hash by source there: on Linux `sysctl -w net.ipv4.fib_multipath_hash_policy=0 net.ipv6.fib_multipath_hash_policy=0`',
  'on ExtremeXOS the algorithm L3',
  'at a network load balancer of AWS or Alibaba stickiness by source_ip',
].join(', ');

const OTHERWISE =
  'if that cannot be had: `fleet = spread` at the door (docs/fleet.md), or signed knocks, which are one packet (accept = key)';

/** Whether the knocks of one sequence reach different hosts. `spread`: doors where that does not matter. */
export function judgeSplits(status: SplitStatus | undefined, spread: ReadonlySet<string>): Finding[] {
  return (status?.splits ?? []).map(({ door, tries, parts }) => {
    const message = `${door}: ${parts} of the last ${tries} sequences reached this host without their first knock; something before it spreads packets over several hosts by their ports`;
    if (spread.has(door)) return ok('knocks-spread', `${message}; the other members are asked for them`);
    return warning('knocks-spread', message, { hint: `${BY_SOURCE}; ${OTHERWISE}` });
  });
}
