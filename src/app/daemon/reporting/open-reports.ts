import type { Config } from '../../../core/config/file/config.ts';
import type { Instant } from '../../../core/net/time.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import { DaemonCounters } from './daemon-counters.ts';
import { Feed } from './feed.ts';
import { openEventLog } from './open-event-log.ts';
import { Reports } from './reports.ts';

/** `warnings`: the first lines of the log. `wall`: reads the wall clock. */
export function openReports(
  { settings, doors }: Config,
  options: DaemonOptions,
  warnings: readonly string[],
  wall: () => Instant,
): Reports {
  const log = openEventLog(settings, options, warnings);
  const reports = new Reports(log, new DaemonCounters(wall), new Feed(wall));
  reports.followDoors(doors);
  return reports;
}
