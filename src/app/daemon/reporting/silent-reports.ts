import type { Instant } from '../../../core/net/time.ts';
import type { LogSink } from '../../../host/log/log-sink.ts';
import { DaemonCounters } from './daemon-counters.ts';
import { EventLog } from './event-log.ts';
import { Feed } from './feed.ts';
import { Reports } from './reports.ts';

/** Reports that go nowhere: each line is rendered and dropped. */
export function makeSilentReports(wall: () => Instant): Reports {
  const sink: LogSink = { write: (_level, _line, fields) => void fields?.(), close: () => undefined };
  return new Reports(
    new EventLog({ log: [sink], terminal: sink }, { debug: false }),
    new DaemonCounters(wall),
    new Feed(wall),
  );
}
