import type { MetricsPlace } from '../../../core/config/values/parse-metrics.ts';
import type { Event } from '../../../core/event/event.ts';
import type { TextServer } from '../../../host/network/text-server.ts';
import { SerialQueue } from '../../../host/serial/serial-queue.ts';
import type { DaemonView } from './daemon-view.ts';
import { renderMetrics } from './render-metrics.ts';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The daemon's Prometheus metrics, if the configuration enables them. */
export class Metrics {
  readonly #view: DaemonView;
  readonly #report: (event: Event) => void;
  #place: MetricsPlace | undefined;
  readonly #changes = new SerialQueue();
  #server: TextServer | undefined;

  constructor(view: DaemonView, report: (event: Event) => void) {
    this.#view = view;
    this.#report = report;
  }

  /** Serves them only at this address from now on. */
  serveAt(place: MetricsPlace | undefined): void {
    if (JSON.stringify(place) === JSON.stringify(this.#place)) return;
    this.#place = place;
    void this.#changes.take(async () => {
      this.#server?.close();
      this.#server = place === undefined ? undefined : await this.#open(place);
    });
  }

  close(): void {
    this.serveAt(undefined);
  }

  async #open(place: MetricsPlace): Promise<TextServer | undefined> {
    const where = place.kind === 'socket' ? { path: place.path } : { host: place.host, port: place.port };
    try {
      // The HTTP server is loaded only if needed.
      const { TextServer } = await import('../../../host/network/text-server.ts');
      return await TextServer.open(where, '/metrics', TYPE, () =>
        renderMetrics(this.#view.status(), this.#view.doors()),
      );
    } catch (error) {
      this.#report({ kind: 'error', text: `metrics are not served: ${(error as Error).message}` });
      // The next reload retries.
      this.#place = undefined;
      return undefined;
    }
  }
}
