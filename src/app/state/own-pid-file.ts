import type { Settings } from '../../core/config/file/config.ts';
import type { Event } from '../../core/event/event.ts';
import { removePidFile, writePidFile } from '../../host/files/pid-file.ts';
import { type DaemonOptions, DEFAULT_PID_FILE } from '../config/daemon-options.ts';

/** The pid file of a daemon in the background. */
export class PidFile {
  readonly #options: DaemonOptions;
  readonly #report: (event: Event) => void;
  /** A reload may name another file. */
  #written: string | undefined;

  constructor(options: DaemonOptions, report: (event: Event) => void) {
    this.#options = options;
    this.#report = report;
  }

  write(settings: Settings): void {
    const path = settings.pidFile ?? this.#options.pidFile ?? DEFAULT_PID_FILE;
    try {
      writePidFile(path);
      this.#written = path;
    } catch (error) {
      const text = `could not create pid file ${path}: ${(error as Error).message}`;
      this.#report({ kind: 'error', text });
    }
  }

  remove(): void {
    if (this.#written !== undefined) removePidFile(this.#written);
  }
}
