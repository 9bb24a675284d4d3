import type { Config } from '../../../core/config/file/config.ts';
import type { Exposure, ExposureStatus } from '../../../core/control/daemon-status.ts';
import type { Event } from '../../../core/event/event.ts';
import type { Ingress } from '../../../core/net/ingress.ts';
import { type Instant, instant } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { hasLegacyTables } from '../../../host/firewall/iptables/iptables-commands.ts';
import { readRuleGeneration } from '../../../host/firewall/ruleset/rule-generation.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import { currentIngresses, sendersOn } from '../../exposure/entry-points.ts';
import { type ExposureQuestion, judgeExposure } from '../../exposure/judge-exposure.ts';
import { gatesOf } from './gates-of.ts';

/**
 * A large ruleset takes long to read. The pause before the next judgement is this many times as long as the last one
 * took.
 */
const PAUSE_FACTOR = 50;

export type ExposureWatchParts = {
  readonly question: () => ExposureQuestion;
  readonly report: (event: Event) => void;
  readonly wall: () => Instant;
};

/**
 * Checks whether the ports that the doors close are really closed in the whole ruleset. It runs after every change of
 * the rules and every 30 s. Without a change it costs one question to the kernel.
 */
export class ExposureWatch {
  readonly #parts: ExposureWatchParts;
  #timer: NodeJS.Timeout | undefined;
  #known: { readonly key: string; readonly exposure: Exposure; readonly told: string } | undefined;
  #at: Instant = instant(0);
  #running: Promise<void> | undefined;
  #isAskedAgain = false;
  #notBefore = 0;
  #stopped = false;

  constructor(parts: ExposureWatchParts) {
    this.#parts = parts;
  }

  /** The present question to judge. */
  get question(): ExposureQuestion {
    return this.#parts.question();
  }

  /** Interfaces through which strangers' forwarded packets arrive. */
  get ingresses(): readonly Ingress[] {
    const { interfaces, choice } = this.#parts.question();
    return currentIngresses(interfaces, choice);
  }

  /** `undefined`: nothing has been judged yet. */
  get status(): ExposureStatus | undefined {
    return this.#known === undefined ? undefined : { ...this.#known.exposure, at: this.#at };
  }

  /** Judges unless nothing has changed. Resolves when done. */
  look(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#running !== undefined) {
      this.#isAskedAgain = true;
      return this.#running;
    }
    this.#running = this.#look().finally(() => {
      this.#running = undefined;
      if (this.#isAskedAgain) this.#lookLater(Math.max(0, this.#notBefore - performance.now()));
      this.#isAskedAgain = false;
    });
    return this.#running;
  }

  /** Judges at once, for a caller that waits, whatever the pause. */
  async checkNow(): Promise<void> {
    await this.#running;
    this.#notBefore = 0;
    await this.look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #lookLater(wait: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.look(), wait).unref();
  }

  async #look(): Promise<void> {
    const question = this.#parts.question();
    const key = keyOf(question);
    const began = performance.now();
    if (key !== undefined && key === this.#known?.key) {
      this.#at = this.#parts.wall();
      return;
    }
    if (began < this.#notBefore) {
      this.#isAskedAgain = true;
      return;
    }
    let exposure: Exposure;
    try {
      exposure = await judgeExposure(question);
    } catch (error) {
      exposure = {
        closed: [],
        open: [],
        shut: [],
        unjudged: [`the doors' ports could not be judged: ${(error as Error).message}`],
      };
    }
    if (this.#stopped) return;
    this.#notBefore = performance.now() + (performance.now() - began) * PAUSE_FACTOR;
    this.#at = this.#parts.wall();
    const told = Object.values(exposure).flat().join('\n');
    if (told !== this.#known?.told) this.#reportExposure(exposure);
    this.#known = { key: key ?? '', exposure, told };
  }

  #reportExposure({ closed, open, unjudged, shut }: Exposure): void {
    const { report } = this.#parts;
    for (const text of [...open, ...shut]) report({ kind: 'error', text });
    for (const text of unjudged) report({ kind: 'warning', text });
    if (closed.length > 0) report({ kind: 'judged-closed', ports: closed });
  }
}

/** All inputs of a judgement. `undefined`: a change could go unnoticed. */
function keyOf({ ports, interfaces, choice }: ExposureQuestion): string | undefined {
  const generation = readRuleGeneration();
  if (generation === undefined || hasLegacyTables(4) || hasLegacyTables(6)) return undefined;
  const isThrough = ports.some(({ path }) => path === 'forward');
  const ways = isThrough ? [currentIngresses(interfaces, choice), sendersOn(interfaces)] : [];
  return JSON.stringify([generation, ports, interfaces, choice, ways]);
}

type Heard = {
  readonly watch: { readonly interfaces: Pick<ExposureQuestion, 'interfaces'> };
  readonly clock: Clock;
  readonly report: (event: Event) => void;
};

/** Judges the ports of the configuration's doors. */
export function openExposure(
  config: () => Config,
  options: Pick<DaemonOptions, 'interfaces'>,
  { watch, clock, report }: Heard,
): ExposureWatch {
  const question = (): ExposureQuestion => ({
    ports: gatesOf(config()).flatMap(({ ports }) => ports),
    interfaces: watch.interfaces.interfaces,
    choice: options.interfaces?.choice ?? config().settings.interfaces,
  });
  return new ExposureWatch({ question, report, wall: () => clock.wall() });
}
