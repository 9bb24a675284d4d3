import type { EventFields } from '../../core/event/event-fields.ts';
import type { LogLevel } from '../../core/event/render-event.ts';

/** Where log lines go. A sink never throws on `write`: what it cannot write it counts and says when it can again. */
export interface LogSink {
  /** Of a file, its path. */
  readonly file?: string;
  /** `fields`: what the line says as values, made only where they are wanted. */
  write(level: LogLevel, line: string, fields?: () => EventFields): void;
  /** Resolves when what has been written is out, for a sink that does not write at once. */
  flush?(): Promise<void>;
  /** The standard streams are other files now: whatever else was open to the old ones is closed. */
  streamsReplaced?(): void;
  close(): void;
}
