import { endedPorts } from '../../core/iptables/judge-gates.ts';
import type { OwnPart } from '../../core/iptables/read-rules.ts';
import type { Family } from '../../core/net/address.ts';
import type { Gate } from './firewall.ts';

/** What of the kernel, and of the owner's rules as they are listed, is a limit to Bussa's chain. */
export function warningsOf(
  parts: ReadonlyMap<Family, OwnPart>,
  gates: readonly Gate[],
  endsByItself: boolean,
): string[] {
  const ended = [...parts].flatMap(([family, part]) => {
    const ports = endedPorts(gates, part);
    return ports.length === 0 ? [] : [renderEnding(family, ports)];
  });
  return [...ended, ...(endsByItself ? [] : [LASTING])];
}

const LASTING =
  'this kernel has neither ipset nor the match time, so only Bussa ends a lease: should it be killed, what is open stays ' +
  'open until it is started again; load the modules ip_set_hash_ip and xt_set, or xt_time, or set firewall = nftables';

function renderEnding(family: Family, ports: readonly string[]): string {
  return (
    `INPUT of IPv${family} ends established connections to ${ports.join(', ')}, so Bussa lets these in before the rules ` +
    `there, which cannot block them any more: put \`-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\` before what closes`
  );
}
