import type { Findings } from '../../text/findings.ts';
import {
  DEFAULT_FLEET_KEY,
  DEFAULT_FLEET_MEMBERS,
  DEFAULT_FLEET_SKEW,
  type FleetSettings,
} from './config.ts';
import { readersOf } from './declared.ts';
import { FLEET_DIRECTIVES, type FleetDraft } from './fleet-directives.ts';
import type { Section } from './read-sections.ts';

const READERS = readersOf<FleetDraft>(FLEET_DIRECTIVES);

/** `undefined`: there is no fleet, or something is missing. */
export function parseFleet(sections: readonly Section[], findings: Findings): FleetSettings | undefined {
  const draft: FleetDraft = {};
  for (const { entries } of sections)
    for (const entry of entries) READERS.get(entry.directive.name)?.(entry, draft, findings);
  const section = sections.find(({ kind }) => kind === 'fleet');
  if (section === undefined) return undefined;
  const { engine, name } = draft;
  for (const [directive, example] of [
    ['Engine', 'engine = valkeys://gw1@valkey.example.org:6380'],
    ['Name', 'name = gw1'],
  ] as const) {
    if (section.entries.some((entry) => entry.directive.name === directive)) continue;
    findings.error(section.name, `[fleet] has no ${directive}: add a line such as ${example}`);
  }
  if (engine === undefined || name === undefined) return undefined;
  return {
    keyFile: DEFAULT_FLEET_KEY,
    membersFile: DEFAULT_FLEET_MEMBERS,
    skew: DEFAULT_FLEET_SKEW,
    ...draft,
    engine,
    name,
  };
}
