import { portsNear } from '../decoy/decoy-ports.ts';
import type { Door } from '../door/door.ts';
import type { PortOpening } from '../door/port-opening.ts';
import type { Family } from '../net/address.ts';
import type { Millis } from '../net/time.ts';
import { joinRanges, type PortRange } from '../nft/port-ranges.ts';
import { renderTimeout } from '../nft/timeout.ts';
import { DoorSets, hasFamily, renderConcern, renderSaddr } from './compiled-door.ts';
import type { CompiledChain } from './knock-chains.ts';

/**
 * The ports beside the knock ports, which an ascending or descending scan touches between two knocks. The daemon's
 * random and memorable decoy ports are left out, because the ports in use on the ruleset's host are unknown.
 */
export function decoyRanges(doors: readonly Door[], inUse: readonly PortOpening[]): PortRange[] {
  const knocks = doors.flatMap(({ sequence }) => sequence.map(({ port }): number => port));
  const decoys = new Set(knocks.flatMap(portsNear));
  for (const port of knocks) decoys.delete(port);
  for (const { first, last } of [...inUse, ...doors.flatMap(({ opening }) => opening.ports ?? [])])
    for (let port: number = first; port <= last; port++) decoys.delete(port);
  return joinRanges([...decoys].map((port) => ({ first: port, last: port })));
}

/** Dispatches packets to decoy ports: one rule for each way to be a knock at some door. */
export function decoyRules(doors: readonly Door[], family: Family): string[] {
  const concerns = doors
    .filter((door) => hasFamily(door, family))
    .flatMap((door) =>
      [...new Set(door.sequence.map(({ protocol }) => protocol))].map((protocol) => ({ door, protocol })),
    );
  const rules = concerns.map(
    ({ door, protocol }) =>
      `${renderConcern(door, protocol, family)}${protocol} dport @decoys goto decoy${family}`,
  );
  return [...new Set(rules)];
}

/**
 * A touch voids the attempts of its source. After touching two different decoy ports, the second within `penalty` of
 * the first, the source is under penalty for that long after its last touch.
 */
export function decoyChain(doors: readonly Door[], family: Family, penalty: Millis): CompiledChain {
  const source = renderSaddr(family);
  const time = `timeout ${renderTimeout(penalty)}`;
  const port = `${source} . th dport`;
  const spoil = doors
    .filter((door) => hasFamily(door, family))
    .flatMap((door) => {
      const sets = new DoorSets(door.name, family);
      const touched = `${source} @${sets.began} update @${sets.touched} { ${source} timeout ${renderTimeout(door.seqTimeout)} }`;
      return [...(door.sequence.length > 1 ? [touched] : []), `delete @${sets.again} { ${source} }`];
    });
  return {
    name: `decoy${family}`,
    rules: [
      ...spoil,
      `${source} @penalty_${family} update @penalty_${family} { ${source} ${time} } return`,
      `${port} @decoy_port_${family} update @decoy_port_${family} { ${port} ${time} } update @decoy_source_${family} { ${source} ${time} } return`,
      `${source} @decoy_source_${family} update @penalty_${family} { ${source} ${time} } return`,
      `update @decoy_port_${family} { ${port} ${time} }`,
      `update @decoy_source_${family} { ${source} ${time} }`,
    ],
  };
}
