import type { InterfaceChoice, Settings } from './config.ts';
import type { DirectiveName } from './directives.ts';
import type { Findings } from './findings.ts';
import { parseInterfaceChoice } from './parse-interfaces.ts';
import { quoteText } from './quote-text.ts';
import type { Entry } from './read-sections.ts';
import { sliceWord, type Word } from './word.ts';

type Draft = { -readonly [K in keyof Settings]: Settings[K] };

/** The settings that the entries of all sections make together. Entries that concern doors are passed over. */
export function parseSettings(entries: readonly Entry[], findings: Findings): Settings {
  const draft: Draft = { useSyslog: false };
  for (const entry of entries) READERS[entry.directive.name]?.(entry, draft, findings);
  return draft;
}

const READERS: Readonly<
  Partial<Record<DirectiveName, (entry: Entry, draft: Draft, findings: Findings) => void>>
> = {
  UseSyslog: ({ value }, draft, findings) => {
    draft.useSyslog = value === undefined || parseYesNo(value, findings);
  },
  LogFile: (entry, draft, findings) => {
    if (isGiven(entry, findings)) draft.logFile = entry.value.text;
    else delete draft.logFile;
  },
  PidFile: (entry, draft, findings) => {
    if (isGiven(entry, findings)) draft.pidFile = entry.value.text;
    else delete draft.pidFile;
  },
  Interface: (entry, draft, findings) => {
    const choice = isGiven(entry, findings) ? parseInterfaces(entry.value, findings) : undefined;
    if (choice !== undefined) draft.interfaces ??= choice;
  },
};

function parseYesNo(value: Word, findings: Findings): boolean {
  const lower = value.text.toLowerCase();
  if (lower === 'yes') return true;
  if (lower !== 'no') {
    const shown = value.text === '' ? 'a value is missing' : `${quoteText(value.text)} is neither yes nor no`;
    findings.error(value, `${shown}: write UseSyslog alone, or UseSyslog = yes, or UseSyslog = no`);
  }
  return false;
}

function parseInterfaces(value: Word, findings: Findings): InterfaceChoice | undefined {
  const result = parseInterfaceChoice(value.text);
  if (result.kind === 'ok') return result.choice;
  for (const { offset, message } of result.mistakes) findings.error(sliceWord(value, offset), message);
  return undefined;
}

/** knockd takes an empty value for one not given. */
function isGiven(entry: Entry, findings: Findings): entry is Entry & { readonly value: Word } {
  if (entry.value?.text === '') {
    findings.warning(entry.key, `${entry.directive.name} is empty: it has no effect, remove it`);
  }
  return entry.value !== undefined && entry.value.text !== '';
}
