import type { LogLevel } from '../../core/event/render-event.ts';

/** Where log lines go. A sink never throws on `write`: what it cannot write it counts and says when it can again. */
export interface LogSink {
  write(level: LogLevel, line: string): void;
  /** Opens what it writes to anew, after a log rotation. Throws with the reason if it cannot. */
  reopen(): void;
  /** Resolves when what has been written is out, for a sink that does not write at once. */
  flush?(): Promise<void>;
  close(): void;
}
