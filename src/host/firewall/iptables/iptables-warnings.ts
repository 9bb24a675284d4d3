import { readFileSync } from 'node:fs';
import { endedPorts } from '../../../core/iptables/judge-gates.ts';
import type { OwnPart } from '../../../core/iptables/read-rules.ts';
import type { Family } from '../../../core/net/address.ts';
import type { Gate } from '../contract/firewall.ts';

/** What the kernel, or the owner's rules as listed, limits for Bussa's chain. */
export function warningsOf(
  parts: ReadonlyMap<Family, OwnPart>,
  gates: readonly Gate[],
  endsByItself: boolean,
  missing: ReadonlyMap<Family, string>,
): string[] {
  const ended = [...parts].flatMap(([family, part]) => {
    const ports = endedPorts(gates, part);
    return ports.length === 0 ? [] : [renderEnding(family, ports)];
  });
  const open = [...missing].filter(([family]) => family === 4 || hasIpv6()).map(renderOpen);
  return [...open, ...ended, ...(endsByItself ? [] : [LASTING])];
}

function renderOpen([family, why]: readonly [Family, string]): string {
  return (
    `the doors’ ports are NOT closed over IPv${family}, because its rules cannot be reached (${why}): install ` +
    `${family === 4 ? 'iptables' : 'ip6tables'}, or set firewall = nftables, which closes both`
  );
}

/** The IPv6 addresses in this network namespace; without IPv6 the file is missing. */
function hasIpv6(): boolean {
  try {
    return readFileSync('/proc/self/net/if_inet6', 'latin1') !== '';
  } catch {
    return false;
  }
}

const LASTING =
  'this kernel has neither ipset nor the match time, so only Bussa ends a lease: if Bussa is killed, open doors stay ' +
  'open until it starts again; load the modules ip_set_hash_ip and xt_set, or xt_time, or set firewall = nftables';

function renderEnding(family: Family, ports: readonly string[]): string {
  return (
    `INPUT of IPv${family} drops established connections to ${ports.join(', ')}, so Bussa accepts these before the rules ` +
    `there, which can then no longer block them: put \`-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\` before the dropping rule`
  );
}
