// A separate process that the daemon starts before it closes ports without a confirmation. If the daemon dies or hangs,
// it removes Bussa's rules from the firewall.

import { setTimeout as delay } from 'node:timers/promises';
import { openSystemClock } from '../../../host/clock/clock.ts';
import { nameProcess } from '../../../host/self/process-name.ts';
import { reportUncaught } from '../../../host/self/report-uncaught.ts';
import { type ChosenFirewall, openFirewall } from '../firewall/open-firewall.ts';
import { EventLog } from '../reporting/event-log.ts';
import { openSinks } from '../reporting/open-sinks.ts';
import type { FromRollback, RollbackRequest, ToRollback } from './rollback-request.ts';

const LOOK_MS = 1000;

/**
 * A command of the dead daemon, iptables-restore for example, may still be running: the rollback is repeated after this
 * time.
 */
const ONCE_MORE_MS = 2000;

/** Delay between attempts while the firewall cannot be reached, and their maximum number. */
const AGAIN_MS = 1000;
const TRIES = 60;

class RollbackProcess {
  readonly #request: RollbackRequest;
  readonly #chosen: ChosenFirewall;
  readonly #log: EventLog;
  readonly #clock = openSystemClock();
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  constructor(request: RollbackRequest, chosen: ChosenFirewall) {
    this.#request = request;
    this.#chosen = chosen;
    this.#log = new EventLog(openSinks(request.log).sinks, { debug: false });
    // Timers of Node.js do not run while the machine sleeps, so the clock is checked.
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** There is nothing left to roll back. */
  over(): void {
    this.#isOver = true;
    process.exit(0);
  }

  /** The daemon died without saying so. */
  abandoned(): void {
    if (!this.#isOver) void this.#undo('the daemon died before the trial was confirmed');
  }

  #look(): void {
    if (this.#clock.sinceBoot() < this.#request.lastMoment) return;
    // While the daemon is the parent process, its pid cannot have been reused.
    if (process.ppid === this.#request.pid) process.kill(this.#request.pid, 'SIGKILL');
    void this.#undo('the daemon hung before the trial was confirmed, and was killed');
  }

  async #undo(why: string): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    if (await this.#remove()) this.#log.report({ kind: 'undone', why });
    await delay(ONCE_MORE_MS);
    await this.#remove();
    await this.#log.close();
    process.exit(0);
  }

  async #remove(): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#chosen.firewall.remove();
        await this.#chosen.removeOthers();
        return true;
      } catch (error) {
        this.#log.report({ kind: 'error', text: `not reverted yet: ${(error as Error).message}` });
        if (tries === TRIES) return false;
        await delay(AGAIN_MS);
      }
    }
  }
}

// The daemon learns that this process ended, and nothing more.
process.on('uncaughtException', (error) => {
  process.exit(reportUncaught('bussa-undo', error, { failed: 1, permission: 77 }));
});
nameProcess('bussa-undo');
// Closing the terminal, or ending what runs in it, must not end the wait.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.on(signal, () => undefined);

let watch: RollbackProcess | undefined;
let isAbandoned = false;
process.on('disconnect', () => {
  isAbandoned = true;
  watch?.abandoned();
});
process.on('message', (message: ToRollback) => {
  if (message.kind === 'over') {
    if (watch === undefined) process.exit(0);
    watch.over();
  } else {
    void begin(message);
  }
});

async function begin(request: RollbackRequest): Promise<void> {
  try {
    const chosen = await openFirewall(request.settings);
    if (isAbandoned) process.exit(0);
    watch = new RollbackProcess(request, chosen);
    send({ kind: 'ready' });
  } catch (error) {
    send({ kind: 'failed', why: (error as Error).message });
    process.disconnect?.();
  }
}

function send(message: FromRollback): void {
  process.send?.(message);
}
