import type { LogFormat, Settings } from '../../../core/config/file/config.ts';
import { openFileSink } from '../../../host/log/file-sink.ts';
import { isUnderJournal, JournalSink } from '../../../host/log/journal-sink.ts';
import type { LogSink } from '../../../host/log/log-sink.ts';
import { SyslogSink } from '../../../host/log/syslog-sink.ts';
import { openTerminalSink } from '../../../host/log/terminal-sink.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import type { EventLog, LogSinks } from './event-log.ts';

export type LogTargets = {
  readonly logFile?: string;
  readonly useSyslog: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly format: LogFormat;
};

/** Appended to the error about a log file that cannot be opened. */
export const LOST = '; nothing is written to it';

export function logTargets(settings: Settings, options: DaemonOptions): LogTargets {
  const logFile = settings.logFile ?? options.logFile;
  return {
    ...(logFile === undefined ? {} : { logFile }),
    useSyslog: settings.useSyslog,
    verbose: options.verbose,
    debug: options.debug,
    format: settings.logFormat ?? 'text',
  };
}

/**
 * Opens everything again, after a rotation or with other targets. A file that cannot be opened now, perhaps for lack of
 * a descriptor, is written through its old descriptor, and retried.
 */
export function reopenLog(log: EventLog, targets: LogTargets, isFirst = true): void {
  const { sinks, problems } = openSinks(targets);
  const old = log.sinks;
  const file = targets.logFile;
  const isOpen = sinks.log.some((sink) => sink.file === file);
  const kept = isOpen ? [] : old.log.filter((sink) => sink.file !== undefined && sink.file === file);
  const again = kept.length === 0 ? undefined : () => reopenLog(log, targets, false);
  log.replaceSinks({ ...sinks, log: [...sinks.log, ...kept] }, again);
  for (const sink of [...old.log, old.terminal]) if (!kept.includes(sink)) sink.close();
  const then = kept.length === 0 ? LOST : '; the old one stays in use; next try in 10 s';
  if (isFirst) for (const text of problems) log.report({ kind: 'error', text: `${text}${then}` });
  if (file !== undefined && kept.length === 0) log.report({ kind: 'log-reopened', file });
}

/** Opens the sinks. Returns errors of those that could not be opened: a daemon without its log still serves doors. */
export function openSinks(targets: LogTargets): {
  readonly sinks: LogSinks;
  readonly problems: readonly string[];
} {
  const log: LogSink[] = [];
  const problems: string[] = [];
  const terminal = openTerminal(targets);
  // The journal forwards to syslog as configured.
  const isJournal = terminal instanceof JournalSink;
  if (targets.useSyslog && !isJournal) log.push(new SyslogSink(targets.format));
  if (targets.logFile !== undefined && targets.logFile !== '') {
    try {
      log.push(openFileSink(targets.logFile, targets.format));
    } catch (error) {
      problems.push(`the log file cannot be opened: ${(error as Error).message}`);
    }
  }
  return { sinks: { log, terminal }, problems };
}

/** Under systemd, standard error is the journal, which accepts fields as well as lines. */
function openTerminal({ verbose, debug, format }: LogTargets): LogSink {
  try {
    if (isUnderJournal(process.env.JOURNAL_STREAM)) return new JournalSink(debug);
  } catch {
    // The journal also reads plain standard error.
  }
  return openTerminalSink(verbose, format);
}
