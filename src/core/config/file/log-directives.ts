import type { Findings } from '../../text/findings.ts';
import { sliceWord, type Word } from '../../text/word.ts';
import { type InterfaceSetting, parseInterfaceSetting } from '../values/parse-interfaces.ts';
import { parseMetrics } from '../values/parse-metrics.ts';
import { parseYesNo } from '../values/parse-yes-no.ts';
import type { Declared } from './declared.ts';
import { isGiven, parseChoice, type SettingsDraft } from './settings-draft.ts';

const SYSLOG_REMEDY = 'write UseSyslog alone, or UseSyslog = yes, or UseSyslog = no';

/** Where the daemon writes, and what it listens on. */
export const LOG_DIRECTIVES = [
  {
    name: 'UseSyslog',
    section: 'any',
    repeated: 'last',
    value: 'word',
    help: {
      list: 'options',
      value: 'yes|no',
      text: 'Log to syslog. Stands alone, or with `= yes` or `= no`. Allowed in any section.',
      default: 'no',
    },
    example: 'UseSyslog',
    read: ({ value }, draft, findings) => {
      draft.useSyslog = value === undefined || parseYesNo(value, SYSLOG_REMEDY, findings);
    },
  },
  {
    name: 'LogFile',
    section: 'options',
    repeated: 'last',
    value: 'path',
    help: {
      list: 'options',
      value: 'FILE',
      text: 'Append the log to this file.',
      default: 'no file',
    },
    example: 'LogFile = /var/log/knockd.log',
    read: (entry, draft, findings) => {
      if (isGiven(entry, findings)) draft.logFile = entry.value.text;
      else delete draft.logFile;
    },
  },
  {
    name: 'Log_Format',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'text|json',
      text: "`text`, in knockd's words, or `json`: one value a line, in file, syslog and terminal ([signals.md](signals.md)).",
      default: '`text`',
    },
    example: 'Log_Format = json',
    read: (entry, draft, findings) => {
      const choice = parseChoice(entry, ['text', 'json'] as const, findings);
      if (choice !== undefined) draft.logFormat = choice;
    },
  },
  {
    name: 'PidFile',
    section: 'options',
    repeated: 'last',
    value: 'path',
    help: {
      list: 'options',
      value: 'FILE',
      text: 'Where the daemon writes its process ID, with `-d`.',
      default: '`/var/run/knockd.pid`',
    },
    example: 'PidFile = /run/knockd.pid',
    read: (entry, draft, findings) => {
      if (isGiven(entry, findings)) draft.pidFile = entry.value.text;
      else delete draft.pidFile;
    },
  },
  {
    name: 'Metrics',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'path',
    help: {
      list: 'options',
      value: 'ADDRESS:PORT|PATH|off',
      text: 'Metrics for Prometheus: a port of the loopback interface, or the path of a socket ([signals.md](signals.md#prometheus)).',
      default: '`off`',
    },
    example: 'Metrics = 127.0.0.1:9617',
    read: (entry, draft, findings) => {
      const place = isGiven(entry, findings) ? parseMetrics(entry.value, findings) : undefined;
      if (place === undefined) delete draft.metrics;
      else draft.metrics = place;
    },
  },
  {
    name: 'Interface',
    section: 'options',
    repeated: 'first',
    value: 'word',
    help: {
      list: 'options',
      value: 'NAME[,...]|any|auto',
      text: 'Where to listen: names separated by commas, or `any` (all, loopback included), or `auto` (those that have a default route). They need not exist yet. A VRF stands for its members; a bridge, bond or team hears what its members receive.',
      default: '`any`',
    },
    example: 'Interface = eth0,wlan0',
    read: (entry, draft, findings) => {
      const choice = isGiven(entry, findings) ? parseInterfaces(entry.value, findings) : undefined;
      if (choice !== undefined) draft.interfaces ??= choice;
    },
  },
] as const satisfies readonly Declared<SettingsDraft>[];

function parseInterfaces(value: Word, findings: Findings): InterfaceSetting | undefined {
  const result = parseInterfaceSetting(value.text);
  if (result.kind === 'ok') return result.choice;
  for (const { offset, message } of result.mistakes) findings.error(sliceWord(value, offset), message);
  return undefined;
}
