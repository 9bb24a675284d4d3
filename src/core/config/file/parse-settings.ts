import { MAX_PORT, type Port, parsePort } from '../../net/port.ts';
import type { Findings } from '../../text/findings.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { quoteText } from '../../text/quote-text.ts';
import { sliceWord, type Word } from '../../text/word.ts';
import { parseAttach } from '../values/parse-attach.ts';
import { parseDuration } from '../values/parse-duration.ts';
import type { InterfaceSetting } from '../values/parse-interfaces.ts';
import { parseInterfaceSetting } from '../values/parse-interfaces.ts';
import { parseMetrics } from '../values/parse-metrics.ts';
import { parsePorts } from '../values/parse-ports.ts';
import { parseYesNo } from '../values/parse-yes-no.ts';
import { MAX_CLOCK_WINDOW, MAX_SCAN_PENALTY, type Settings } from './config.ts';
import type { DirectiveName } from './directives.ts';
import { parseHook } from './parse-hook.ts';
import type { Entry } from './read-sections.ts';

type Draft = { -readonly [K in keyof Settings]: Settings[K] };

/** The settings that the entries of all sections make together. Entries that concern doors are passed over. */
export function parseSettings(entries: readonly Entry[], findings: Findings): Settings {
  const draft: Draft = { useSyslog: false };
  for (const entry of entries) READERS[entry.directive.name]?.(entry, draft, findings);
  judgeAttach(draft, entries, findings);
  return draft;
}

/** As groupadd(8) takes them, or a number. */
const GROUP_NAME = /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,31}|[0-9]{1,9})$/;

const SYSLOG_REMEDY = 'write UseSyslog alone, or UseSyslog = yes, or UseSyslog = no';

const READERS: Readonly<
  Partial<Record<DirectiveName, (entry: Entry, draft: Draft, findings: Findings) => void>>
> = {
  UseSyslog: ({ value }, draft, findings) => {
    draft.useSyslog = value === undefined || parseYesNo(value, SYSLOG_REMEDY, findings);
  },
  LogFile: (entry, draft, findings) => {
    if (isGiven(entry, findings)) draft.logFile = entry.value.text;
    else delete draft.logFile;
  },
  Log_Format: (entry, draft, findings) => {
    const choice = parseChoice(entry, ['text', 'json'] as const, findings);
    if (choice !== undefined) draft.logFormat = choice;
  },
  PidFile: (entry, draft, findings) => {
    if (isGiven(entry, findings)) draft.pidFile = entry.value.text;
    else delete draft.pidFile;
  },
  Metrics: (entry, draft, findings) => {
    const place = isGiven(entry, findings) ? parseMetrics(entry.value, findings) : undefined;
    if (place === undefined) delete draft.metrics;
    else draft.metrics = place;
  },
  Interface: (entry, draft, findings) => {
    const choice = isGiven(entry, findings) ? parseInterfaces(entry.value, findings) : undefined;
    if (choice !== undefined) draft.interfaces ??= choice;
  },
  Firewall: (entry, draft, findings) => {
    const choice = parseChoice(entry, ['nftables', 'iptables', 'auto'] as const, findings);
    if (choice !== undefined) draft.firewall = choice;
  },
  Attach: (entry, draft, findings) => {
    if (!isGiven(entry, findings)) return;
    const [first, ...rest] = parseAttach(entry.value, draft.attach ?? [], findings);
    if (first !== undefined) draft.attach = [first, ...rest];
  },
  On_Exit: (entry, draft, findings) => {
    const choice = parseChoice(entry, ['open', 'keep'] as const, findings);
    if (choice !== undefined) draft.onExit = choice;
  },
  Control_Group: (entry, draft, findings) => {
    if (!isGiven(entry, findings)) return;
    const { text } = entry.value;
    if (GROUP_NAME.test(text)) draft.controlGroup = text;
    else
      findings.error(
        entry.value,
        `${quoteText(text)} is no group: write its name, such as adm, or its number`,
      );
  },
  Scan_Guard: (entry, draft, findings) => {
    const choice = parseChoice(entry, ['on', 'off'] as const, findings);
    if (choice !== undefined) draft.scanGuard = choice;
  },
  Scan_Penalty: (entry, draft, findings) => {
    const penalty = isGiven(entry, findings) ? parseDuration(entry.value, findings) : undefined;
    if (penalty === undefined) return;
    if (penalty <= MAX_SCAN_PENALTY) draft.scanPenalty = penalty;
    else findings.error(entry.value as Word, 'Scan_Penalty is a day at most: write 1d or less');
  },
  Scan_Ignore: (entry, draft, findings) => {
    if (!isGiven(entry, findings)) return;
    const [first, ...rest] = parsePorts(entry.value, draft.scanIgnore ?? [], findings);
    if (first !== undefined) draft.scanIgnore = [first, ...rest];
  },
  Users_File: (entry, draft, findings) => {
    const path = isGiven(entry, findings) ? parseAbsolute(entry, findings) : undefined;
    if (path !== undefined) draft.usersFile = path;
  },
  Server_Key: (entry, draft, findings) => {
    const path = isGiven(entry, findings) ? parseAbsolute(entry, findings) : undefined;
    if (path !== undefined) draft.serverKey = path;
  },
  Signed_Port: (entry, draft, findings) => {
    const port = isGiven(entry, findings) ? parseSignedPort(entry.value, findings) : undefined;
    if (port !== undefined) draft.signedPort = port;
  },
  Reply: (entry, draft, findings) => {
    const choice = parseChoice(entry, ['yes', 'no'] as const, findings);
    if (choice !== undefined) draft.reply = choice;
  },
  Clock_Window: (entry, draft, findings) => {
    const window = isGiven(entry, findings) ? parseDuration(entry.value, findings) : undefined;
    if (window === undefined) return;
    if (window > 0 && window <= MAX_CLOCK_WINDOW) draft.clockWindow = window;
    else findings.error(entry.value as Word, 'Clock_Window is from 1 second to 1 hour: write 60s, or such');
  },
  On_Start: (entry, draft, findings) => {
    const hook = isGiven(entry, findings) ? parseHook(entry.value, findings) : undefined;
    if (hook !== undefined) draft.hooks = { ...draft.hooks, start: hook };
  },
  On_Stop: (entry, draft, findings) => {
    const hook = isGiven(entry, findings) ? parseHook(entry.value, findings) : undefined;
    if (hook !== undefined) draft.hooks = { ...draft.hooks, stop: hook };
  },
};

function parseChoice<T extends string>(
  entry: Entry,
  choices: readonly T[],
  findings: Findings,
): T | undefined {
  if (!isGiven(entry, findings)) return undefined;
  const { text } = entry.value;
  const choice = choices.find((each) => each === text.toLowerCase());
  if (choice === undefined) {
    const near = nearestWord(text, choices);
    const guess = near === undefined ? '' : `did you mean ${near}? `;
    const listed = choices.join(', ');
    findings.error(
      entry.value,
      `${quoteText(text)} is no value of ${entry.directive.name}: ${guess}it is one of ${listed}`,
    );
  }
  return choice;
}

function parseSignedPort(value: Word, findings: Findings): Port | undefined {
  const port = parsePort(value.text);
  if (port === undefined)
    findings.error(
      value,
      `${quoteText(value.text)} is not a port: write a UDP port from 1 to ${MAX_PORT} that no service uses`,
    );
  return port;
}

/** The daemon works in `/`, and the verbs that edit the file elsewhere. */
function parseAbsolute({ directive, value }: Entry & { readonly value: Word }, findings: Findings) {
  if (value.text.startsWith('/')) return value.text;
  findings.error(value, `${quoteText(value.text)} is no whole path: ${directive.name} begins with /`);
  return undefined;
}

function judgeAttach(draft: Draft, entries: readonly Entry[], findings: Findings): void {
  if (draft.firewall !== 'iptables') return;
  const attach = entries.find(({ directive }) => directive.name === 'Attach');
  if (attach === undefined) return;
  const remedy = 'remove it, or write Firewall = nftables or auto';
  findings.error(attach.key, `Attach names chains of nftables, and Firewall is iptables: ${remedy}`);
}

function parseInterfaces(value: Word, findings: Findings): InterfaceSetting | undefined {
  const result = parseInterfaceSetting(value.text);
  if (result.kind === 'ok') return result.choice;
  for (const { offset, message } of result.mistakes) findings.error(sliceWord(value, offset), message);
  return undefined;
}

/** knockd takes an empty value for one not given. */
function isGiven(entry: Entry, findings: Findings): entry is Entry & { readonly value: Word } {
  if (entry.value?.text === '') {
    findings.warning(
      entry.key,
      'empty-directive',
      `${entry.directive.name} is empty: it has no effect, remove it`,
    );
  }
  return entry.value !== undefined && entry.value.text !== '';
}
