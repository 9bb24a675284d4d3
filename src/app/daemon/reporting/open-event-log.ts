import type { Settings } from '../../../core/config/file/config.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import { EventLog } from './event-log.ts';
import { NameLookup } from './name-lookup.ts';
import { LOST, logTargets, openSinks } from './open-sinks.ts';

/** Opens the daemon's log. Its first lines are `warnings` and errors of opening the sinks. */
export function openEventLog(
  settings: Settings,
  options: DaemonOptions,
  warnings: readonly string[],
): EventLog {
  const { sinks, problems } = openSinks(logTargets(settings, options));
  const log = new EventLog(sinks, {
    debug: options.debug,
    ...(options.lookUpNames ? { names: new NameLookup() } : {}),
  });
  const lost = problems.map((problem) => `${problem}${LOST}`);
  for (const text of [...warnings, ...lost]) log.report({ kind: 'warning', text });
  return log;
}
