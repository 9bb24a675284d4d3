import { renderPortOpening } from '../../door/port-opening.ts';
import { familyOf } from '../../net/address.ts';
import type { Findings } from '../../text/findings.ts';
import { type HostFacts, lastEntry, type WrittenDoor } from './written-door.ts';

/** Warns about a door's opening. */
export function adviseOpening(written: WrittenDoor, host: HostFacts, findings: Findings): void {
  judgeTime(written, findings);
  judgeFamilies(written, host, findings);
  judgePorts(written, host, findings);
}

function judgeTime({ section }: WrittenDoor, findings: Findings): void {
  const lease = lastEntry(section, 'Open', 'Stop_Command', 'Stop_Command_6');
  if (lease === undefined || lastEntry(section, 'Cmd_Timeout') !== undefined) return;
  const directive = lease.directive.name === 'Open' ? 'open_for' : 'cmd_timeout';
  const what = 'no closing time is set, so it is 10 seconds, as in knockd';
  findings.warning(lease.key, 'default-time', `${what}: add ${directive} = 10, or another time`);
}

/**
 * With rules for IPv4 only, a knock over IPv6 runs a command that cannot work, or the service is open to everybody over
 * IPv6.
 */
function judgeFamilies({ section, spec }: WrittenDoor, host: HostFacts, findings: Findings): void {
  const start = spec.opening.commands[6].start ?? '';
  const isIpv4 =
    (/(?:^|[\s/;&|])iptables(?:-nft|-legacy)?\s/.test(start) && !start.includes('ip6tables')) ||
    (/(?:^|[\s/;&|])nft\s/.test(start) && /\bip saddr\b/.test(start) && !/\bip6 saddr\b/.test(start));
  const overIpv6 = host.hasIpv6 && (spec.target === undefined || familyOf(spec.target) === 6);
  const entry = lastEntry(section, 'Start_Command_6', 'Start_Command');
  if (!isIpv4 || !overIpv6 || entry === undefined) return;
  const what = 'this host has an IPv6 address, but the command has a rule for IPv4 alone';
  const remedy =
    'add start_command_6 and stop_command_6 with ip6tables, and close the port there too; or use open';
  findings.warning(entry.value ?? entry.key, 'ipv4-only', `${what}: ${remedy}`);
}

function judgePorts({ section, spec }: WrittenDoor, host: HostFacts, findings: Findings): void {
  const entry = lastEntry(section, 'Open');
  for (const opening of spec.opening.ports ?? []) {
    const { protocol, first, last, path } = opening;
    if (path === 'forward' || first !== last || host.serves(protocol, first)) continue;
    const what = `nothing listens at ${renderPortOpening(opening)} of this host now`;
    const remedy = 'start the service; for one behind this host, write forward behind the port';
    findings.warning(entry?.value ?? section.name, 'no-service', `${what}: ${remedy}`);
  }
}
