import { USER_PROOFS, type UserProof } from '../../door/proof-kind.ts';
import { parsePrefix, renderPrefix, unmappedPrefix } from '../../net/prefix.ts';
import type { Findings } from '../../text/findings.ts';
import { escapeText, quoteText } from '../../text/quote-text.ts';
import { splitWord } from '../../text/word.ts';
import type { DirectiveName } from './directives.ts';
import type { Entry, Section } from './read-sections.ts';

/** Checks that need the whole section. */
export function judgeDoor(section: Section, findings: Findings): void {
  judgeSequence(section, findings);
  judgeProofs(section, findings);
  judgeCommands(section, findings);
  judgePorts(section, findings);
  judgeCooldown(section, findings);
  judgeAdmission(section, findings);
}

function judgeSequence(section: Section, findings: Findings): void {
  const sequence = first(section, 'Sequence');
  const oneTime = first(section, 'One_Time_Sequences');
  if (sequence === undefined && oneTime === undefined) {
    // A wrong `Accept` line has its own finding.
    if (first(section, 'Accept') !== undefined) return;
    const shown = `[${escapeText(section.name.text)}]`;
    findings.error(section.name, `${shown} has no sequence: add a line such as sequence = 7000,8000,9000`);
  } else if (sequence !== undefined && oneTime !== undefined) {
    const [earlier, later] = sequence.key.line < oneTime.key.line ? [sequence, oneTime] : [oneTime, sequence];
    const both = `${later.directive.name} is used together with ${earlier.directive.name} of line ${earlier.key.line}`;
    findings.error(later.key, `${both}: a door has only one of them, remove the other`);
  }
}

/** Directives that only a door with one of these proofs can have. */
const OF_PROOFS = {
  Users: USER_PROOFS,
  Max_Open_For: ['key', 'spa'],
  Require_Source: ['key', 'spa'],
  Code_Ports: ['code'],
} as const satisfies Partial<Record<DirectiveName, readonly UserProof[]>>;

const PLURALS: Readonly<Record<UserProof, string>> = { key: 'keys', code: 'codes', spa: 'SPA' };

function judgeProofs(section: Section, findings: Findings): void {
  const accept = section.entries.findLast(({ directive }) => directive.name === 'Accept');
  const words = accept?.value === undefined ? [] : splitWord(accept.value, ',');
  const named = words.map(({ text }) => text.toLowerCase());
  const sequence = first(section, 'Sequence', 'One_Time_Sequences');
  if (accept?.value !== undefined && named.includes('sequence') && sequence === undefined) {
    const remedy = 'add a line such as sequence = 7000,8000,9000, or write accept = key';
    findings.error(accept.value, `the door accepts a sequence and has none: ${remedy}`);
  }
  if (accept !== undefined && named.includes('code') && first(section, 'Code_Ports') === undefined) {
    const remedy =
      'add a line such as code_ports = 17, 23, or have `bussa user add NAME --code` choose the numbers';
    findings.error(accept.key, `the door accepts codes, and has no ports for them: ${remedy}`);
  }
  for (const [name, proofs] of Object.entries(OF_PROOFS)) {
    const entry = first(section, name as keyof typeof OF_PROOFS);
    if (entry === undefined || proofs.some((proof) => named.includes(proof))) continue;
    const lacking = proofs.map((proof) => PLURALS[proof]).join(', no ');
    const remedy = `add accept = ${proofs.join(' or ')}, or remove it`;
    findings.error(entry.key, `${name} in a door that accepts no ${lacking}: it has no effect; ${remedy}`);
  }
}

function judgeCommands(section: Section, findings: Findings): void {
  const stop = first(section, 'Stop_Command', 'Stop_Command_6');
  if (stop !== undefined && first(section, 'Start_Command', 'Start_Command_6') === undefined) {
    const why = 'there is nothing to stop, and it would never run';
    findings.error(stop.key, `${stop.directive.name} without Start_Command: ${why}; add Start_Command`);
  }
}

function judgePorts(section: Section, findings: Findings): void {
  const open = first(section, 'Open');
  if (open === undefined) {
    for (const name of ['Single_Use', 'Hold', 'Close_Kills', 'Lease_Prefix6'] as const) {
      const entry = first(section, name);
      if (entry === undefined) continue;
      const why = 'the door opens no port that it could apply to';
      findings.error(
        entry.key,
        `${name} without Open: ${why}; add a line such as open = tcp/22, or remove it`,
      );
    }
    return;
  }
  const time = section.entries.findLast(({ directive }) => directive.name === 'Cmd_Timeout');
  if (time?.value !== undefined && /^\+?0+[smhd]?$/i.test(time.value.text)) {
    findings.error(time.value, 'the ports would close as soon as they are open: allow at least 1 second');
  }
}

function judgeCooldown(section: Section, findings: Findings): void {
  const cooldown = first(section, 'Cooldown');
  const lease = first(section, 'Open', 'Stop_Command', 'Stop_Command_6');
  if (cooldown !== undefined && lease !== undefined) {
    const why = `a door with ${lease.directive.name} has a lease, which further knocks extend`;
    findings.error(
      cooldown.key,
      `Cooldown beside ${lease.directive.name} of line ${lease.key.line}: ${why}; remove it`,
    );
  }
  const bound = first(section, 'Max_Leases');
  if (bound !== undefined && lease === undefined) {
    const why = 'a door without Open and without Stop_Command has no leases';
    findings.warning(bound.key, 'no-leases', `Max_Leases has no effect: ${why}, remove it`);
  }
}

/** A prefix on both lists is denied: allowing it is a mistake. */
function judgeAdmission(section: Section, findings: Findings): void {
  const words = (name: DirectiveName) =>
    section.entries.flatMap(({ directive, value }) =>
      directive.name === name && value !== undefined ? splitWord(value, ',') : [],
    );
  const denied = new Set(words('Deny').map(({ text }) => canonical(text)));
  for (const word of words('Allow')) {
    if (parsePrefix(word.text) === undefined || !denied.has(canonical(word.text))) continue;
    findings.warning(
      word,
      'denied-and-allowed',
      `${quoteText(word.text)} is denied too, and so it is not allowed: remove one of them`,
    );
  }
}

function canonical(text: string): string {
  const prefix = parsePrefix(text);
  return prefix === undefined ? '' : renderPrefix(unmappedPrefix(prefix));
}

function first({ entries }: Section, ...names: readonly DirectiveName[]): Entry | undefined {
  return entries.find(({ directive }) => names.includes(directive.name));
}
