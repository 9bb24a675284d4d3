import { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord } from '../../text/word.ts';
import { parseSettings } from '../file/parse-settings.ts';
import type { Entry, Section } from '../file/read-sections.ts';
import type { HostFacts } from './written-door.ts';

/** Warns about settings of the whole daemon. */
export function adviseSettings(sections: readonly Section[], host: HostFacts, findings: Findings): void {
  const entries = sections.flatMap((section) => section.entries);
  const { scanGuard, interfaces } = parseSettings(entries, new Findings());
  const guard = last(entries, 'Scan_Guard');
  if (scanGuard === 'off' && guard !== undefined) {
    findings.warning(
      guard.key,
      'guard-off',
      'a port scan may hit a sequence by chance, and open its door: remove this line; the guard is on without it',
    );
  }
  if (interfaces?.kind === 'named') judgeInterfaces(entries, host, findings);
  judgeLeases(entries, host, findings);
  for (const name of ['LogFile', 'PidFile', 'One_Time_Sequences'] as const)
    judgeFiles(entries, name, host, findings);
}

/** Only a running daemon would end them. */
function judgeLeases(entries: readonly Entry[], host: HostFacts, findings: Findings): void {
  const open = entries.find(({ directive }) => directive.name === 'Open');
  if (open === undefined || last(entries, 'Firewall')?.value?.text === 'nftables' || host.endsLeases())
    return;
  findings.warning(
    open.key,
    'lease-by-daemon',
    'this kernel has neither ipset nor the match time, so in iptables only a running daemon ends a lease: load ' +
      'the modules ip_set_hash_ip and xt_set, or xt_time, or set firewall = nftables',
  );
}

/** Of several lines the first one counts. */
function judgeInterfaces(entries: readonly Entry[], { interfaces }: HostFacts, findings: Findings): void {
  const value = entries.find(({ directive }) => directive.name === 'Interface')?.value;
  if (value === undefined || interfaces === undefined) return;
  for (const word of splitWord(value, ',')) {
    if (interfaces.includes(word.text)) continue;
    const there = interfaces.filter((name) => name !== 'lo').slice(0, 8);
    const known = there.length === 0 ? 'lo is the only one' : `there is ${there.join(', ')}`;
    const what = `this host has no interface ${quoteText(word.text)} now, and nothing is heard there until it appears`;
    findings.warning(word, 'no-interface', `${what}: ${known}; or remove the line to listen on all`);
  }
}

function judgeFiles(
  entries: readonly Entry[],
  name: 'LogFile' | 'PidFile' | 'One_Time_Sequences',
  host: HostFacts,
  findings: Findings,
): void {
  for (const { directive, value } of entries) {
    if (directive.name !== name || value?.text.startsWith('/') !== true) continue;
    if (host.hasDirectoryOf(value.text)) continue;
    const directory = value.text.slice(0, value.text.lastIndexOf('/')) || '/';
    findings.warning(
      value,
      'no-directory',
      `the directory of this file does not exist, and nothing creates it: mkdir -p ${directory}`,
    );
  }
}

const last = (entries: readonly Entry[], name: Entry['directive']['name']): Entry | undefined =>
  entries.findLast(({ directive }) => directive.name === name);
