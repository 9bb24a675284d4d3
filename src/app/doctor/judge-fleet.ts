import type { FleetStatus, MemberStatus } from '../../core/control/fleet-status.ts';
import { type Finding, look, ok, problem, warning } from '../../core/doctor/finding.ts';
import { escapeText } from '../../core/text/quote-text.ts';

/** Members send a sign of life each minute. */
const SILENT_MS = 180_000;

/** A difference shortens leases, and beyond Skew nothing is shared. */
const APART_MS = 5000;

/** Older refusals are no longer relevant. */
const RECENT_MS = 3_600_000;

export type FleetCase = { readonly fleet?: FleetStatus };

/** This host's connection to its fleet, and the state of the other members. `now`: by the wall clock. */
export function judgeFleet(status: FleetCase | undefined, now: number): Finding[] {
  const fleet = status?.fleet;
  if (fleet === undefined) return [];
  if (!fleet.carrier) {
    const message = `${named(fleet)}: \`bussa fleet\` is not connected to the daemon: other members get no updates`;
    return [problem('fleet-engine', message, look('systemctl status bussa-fleet'))];
  }
  if (!fleet.connected) {
    const why = fleet.why === undefined ? '' : `: ${escapeText(fleet.why)}`;
    const message = `${named(fleet)}: no connection to the engine ${fleet.engine}${why}`;
    return [
      problem('fleet-engine', message, { hint: 'doors work here meanwhile; `bussa fleet status` says more' }),
    ];
  }
  return [
    ok('fleet-engine', `${named(fleet)}: connected to the engine ${fleet.engine}`),
    ...judgeClock(fleet),
    ...judgeRights(fleet),
    ...fleet.members.flatMap((member) => judgeMember(member, fleet, now)),
  ];
}

function judgeClock({ offset = 0 }: FleetStatus): Finding[] {
  if (Math.abs(offset) < APART_MS) return [];
  const words = `the engine's clock is ${inSeconds(offset)} ${offset > 0 ? 'ahead of' : 'behind'} this host's`;
  return [warning('fleet-clock', words, { hint: 'set both clocks by a time server (NTP)' })];
}

function judgeRights({ wide = [] }: FleetStatus): Finding[] {
  if (wide.length === 0) return [];
  const what = wide.map((one) => escapeText(one)).join(', ');
  const message = `the engine allows this member more than it needs: ${what}`;
  return [warning('fleet-rights', message, { hint: '`bussa fleet init` prints the rules' })];
}

function judgeMember(
  { name, heard, skew = 0, refusal }: MemberStatus,
  fleet: FleetStatus,
  now: number,
): Finding[] {
  const found: Finding[] = [];
  const silent = now - Math.max(heard ?? 0, heard === undefined ? fleet.since : 0);
  if (silent > SILENT_MS) {
    const since = heard === undefined ? 'since the daemon was connected' : `for ${inSeconds(silent)}`;
    const hint = `look there with \`bussa fleet status\`; if it is gone for good: bussa fleet drop ${name}`;
    found.push(warning('fleet-member', `member ${name} has not been heard ${since}`, { hint }));
  }
  if (Math.abs(skew) >= APART_MS) {
    const message = `the clock of member ${name} is ${inSeconds(skew)} ${skew > 0 ? 'ahead' : 'behind'}`;
    found.push(warning('fleet-clock', message, { hint: 'set the clocks by a time server (NTP)' }));
  }
  if (refusal !== undefined && now - refusal.at < RECENT_MS)
    found.push(
      warning('fleet-member', `something that member ${name} told was refused: ${refusal.why}`, {
        hint: 'the log has more',
      }),
    );
  return found;
}

const named = ({ fleet, member }: FleetStatus): string => `fleet ${fleet}, as ${member}`;

const inSeconds = (ms: number): string => `${Math.round(Math.abs(ms) / 1000)} s`;
