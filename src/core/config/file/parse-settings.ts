import type { Findings } from '../../text/findings.ts';
import type { Settings } from './config.ts';
import { readersOf } from './declared.ts';
import { GUARD_DIRECTIVES } from './guard-directives.ts';
import { LOG_DIRECTIVES } from './log-directives.ts';
import type { Entry } from './read-sections.ts';
import type { SettingsDraft } from './settings-draft.ts';
import { SIGNED_DIRECTIVES } from './signed-directives.ts';
import { SPA_DIRECTIVES } from './spa-directives.ts';

const READERS = readersOf<SettingsDraft>([
  ...LOG_DIRECTIVES,
  ...GUARD_DIRECTIVES,
  ...SIGNED_DIRECTIVES,
  ...SPA_DIRECTIVES,
]);

/** The settings from the entries of all sections. Entries about doors are skipped. */
export function parseSettings(entries: readonly Entry[], findings: Findings): Settings {
  const draft: SettingsDraft = { useSyslog: false };
  for (const entry of entries) READERS.get(entry.directive.name)?.(entry, draft, findings);
  judgeAttach(draft, entries, findings);
  return draft;
}

function judgeAttach(draft: SettingsDraft, entries: readonly Entry[], findings: Findings): void {
  if (draft.firewall !== 'iptables') return;
  const attach = entries.find(({ directive }) => directive.name === 'Attach');
  if (attach === undefined) return;
  const remedy = 'remove it, or write Firewall = nftables or auto';
  findings.error(attach.key, `Attach names chains of nftables, but Firewall is iptables: ${remedy}`);
}
