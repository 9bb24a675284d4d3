import type { EventFields } from '../../core/event/event-fields.ts';
import type { LogLevel } from '../../core/event/render-event.ts';

/** A destination of log lines. `write` never throws: lost lines are counted and reported later. */
export interface LogSink {
  /** The path, if it is a file. */
  readonly file?: string;
  /** `fields`: the line's values, computed only if needed. */
  write(level: LogLevel, line: string, fields?: () => EventFields): void;
  /** Resolves when everything is written, for a sink that writes asynchronously. */
  flush?(): Promise<void>;
  /** The standard streams have been replaced: closes other descriptors of the old ones. */
  streamsReplaced?(): void;
  close(): void;
}
