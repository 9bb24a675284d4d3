import type { Config } from '../../../core/config/file/config.ts';
import type { InterfaceSetting } from '../../../core/config/values/parse-interfaces.ts';
import type { ConfigChanges } from '../../../core/control/reload-answer.ts';
import type { ByOperator } from '../../../core/event/event.ts';
import { type Diagnostic, renderDiagnostic } from '../../../core/text/diagnostic.ts';
import { SerialQueue } from '../../../host/serial/serial-queue.ts';
import type { Authority } from '../../config/authority.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import type { FleetIdentity } from '../../config/fleet-identity.ts';
import type { OneTimeDoors } from '../../config/one-time-doors.ts';
import { READABLE } from '../../file-access/judge-path.ts';
import type { FirewallDoors } from '../firewall/firewall-doors.ts';
import { gatesOf, hasForwardedDoors } from '../firewall/gates-of.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { LockoutGuard } from '../lockout-guard/lockout-guard.ts';
import type { KnockListener } from '../packets/knock-listener.ts';
import type { CodeJudge } from '../proofs/code-judge.ts';
import type { PayloadListener } from '../proofs/payload-listener.ts';
import type { Hooks } from '../reporting/hooks.ts';
import { logTargets } from '../reporting/open-sinks.ts';
import type { Reports } from '../reporting/reports.ts';
import { compareConfigs } from './compare-configs.ts';
import { judgeReload } from './judge-reload.ts';

export type ReloadParts = {
  readonly options: DaemonOptions;
  readonly inForce: ConfigInForce;
  readonly guard: LockoutGuard | undefined;
  readonly watch: KnockListener;
  readonly payloads: PayloadListener;
  readonly codes: CodeJudge;
  readonly hooks: Hooks;
  readonly keeper: LeaseKeeper;
  readonly native: FirewallDoors;
  readonly reports: Reports;
  readonly oneTime: OneTimeDoors;
  /** The warnings of the start. */
  readonly told: readonly string[];
};

export type ReloadOutcome =
  /** `reasons`: what is not in effect yet. */
  | {
      readonly kind: 'done';
      readonly changes: ConfigChanges;
      readonly warnings: readonly Diagnostic[];
      readonly reasons: readonly string[];
    }
  /** The old configuration stays. `mistakes`: the number in the file; if 0, `reasons` say what prevents the change. */
  | {
      readonly kind: 'refused';
      readonly mistakes: number;
      readonly diagnostics: readonly Diagnostic[];
      readonly reasons: readonly string[];
    }
  | { readonly kind: 'stopping' };

const NOT_INSTALLED =
  'the firewall could not be changed yet: the log says why, and it is tried again every 10 s';

/** Replaces the current configuration. */
export class Reload {
  readonly #parts: ReloadParts;
  #told: ReadonlySet<string>;
  #onEnd: () => void = () => undefined;
  #isStopping = false;
  readonly #turns = new SerialQueue();

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#told = new Set(parts.told);
  }

  /** `onEnd`: a configuration was read, and is active or refused. */
  follow(onEnd: () => void): void {
    this.#onEnd = onEnd;
  }

  /** Ignores reloads from now on. */
  stop(): void {
    this.#isStopping = true;
  }

  /**
   * Reads the configuration again; concurrent calls run one after another. A bad one changes nothing. Resolves when the
   * firewall has been changed.
   */
  run(by: ByOperator = {}): Promise<ReloadOutcome> {
    return this.#turns.take(async () => {
      const outcome = await this.#run(by);
      this.#onEnd();
      return outcome;
    });
  }

  /**
   * Revokes the user, or one of his keys, and closes what only he holds, even if the files have mistakes. The next
   * successful reload follows the files again. False: the user is not known.
   */
  revoke({ by = 'the operator' }: ByOperator, user: string, key?: string): boolean {
    const { inForce, keeper, reports } = this.#parts;
    if (!inForce.revoke(user, key)) return false;
    const whose = key === undefined ? user : `${key} of ${user}`;
    reports.report({ kind: 'warning', text: `${whose} opens no door any more, by order of ${by}` });
    keeper.closeRevoked();
    return true;
  }

  async #run(by: ByOperator): Promise<ReloadOutcome> {
    const { options, guard } = this.#parts;
    const { report } = this.#parts.reports;
    if (this.#isStopping) return { kind: 'stopping' };
    report({ kind: 'reloading', file: options.configFile, ...by });
    // Whatever the file says, refresh what the daemon knows about the host.
    this.#parts.watch.interfaces.checkNow();
    this.#parts.native.checkNow();
    const judged = await judgeReload(options.configFile, guard, options.hasDroppedPrivileges === true);
    if (this.#isStopping) return { kind: 'stopping' };
    if (judged.kind === 'bad') return this.#refuse(judged.lines, judged.mistakes, judged.diagnostics);
    const { config, authority, fleet, warnings } = judged;
    this.#warn(warnings);
    try {
      this.#parts.watch.replaceDoors(this.#parts.oneTime.watchable(config.doors), config);
    } catch (error) {
      // More doors than the kernel's filter can hold, for example.
      return this.#refuse([(error as Error).message], 0, []);
    }
    const { inForce } = this.#parts;
    const changes = compareConfigs(
      { config: inForce.current, authority: inForce.authority, fleet: inForce.fleet },
      { config, authority, fleet },
    );
    this.#adopt(config, authority, fleet);
    const isInstalled = await this.#parts.native.install(gatesOf(config), config.settings);
    if (this.#isStopping) return { kind: 'stopping' };
    report({ kind: 'listening', on: this.#parts.watch.interfaces.listeningOn });
    return { kind: 'done', changes, warnings, reasons: isInstalled ? [] : [NOT_INSTALLED] };
  }

  /** A mistake that cannot be fixed everywhere, as on a read-only mount, is logged only once. */
  #warn(warnings: readonly Diagnostic[]): void {
    const told = this.#told;
    this.#told = new Set(warnings.map(renderDiagnostic));
    for (const warning of warnings) {
      const text = renderDiagnostic(warning);
      if (warning.id === READABLE && told.has(text)) continue;
      this.#parts.reports.report({ kind: 'warning', text });
    }
  }

  #adopt(config: Config, authority: Authority | undefined, fleet: FleetIdentity | undefined): void {
    const { options, inForce, reports, watch, payloads, codes, hooks, keeper } = this.#parts;
    reports.reopenLog(logTargets(config.settings, options));
    const choice = interfaceSetting(options, config);
    const before = inForce.current;
    const routes = hasForwardedDoors(config);
    const isChosen = JSON.stringify(choice) === JSON.stringify(interfaceSetting(options, before));
    if (!isChosen || routes !== hasForwardedDoors(before)) {
      try {
        watch.interfaces.choose(choice, routes);
      } catch (error) {
        reports.error((error as Error).message);
      }
    }
    inForce.replace(config, authority, fleet);
    payloads.follow();
    codes.follow();
    reports.followDoors(config.doors);
    hooks.replaceConfig(config);
    keeper.replaceDoors(config.doors);
    keeper.closeRevoked();
  }

  #refuse(lines: readonly string[], mistakes: number, diagnostics: readonly Diagnostic[]): ReloadOutcome {
    const { options, inForce, reports } = this.#parts;
    for (const text of lines) reports.error(text);
    reports.report({ kind: 'reload-refused', file: options.configFile, mistakes });
    reports.reopenLog(logTargets(inForce.current.settings, options));
    return { kind: 'refused', mistakes, diagnostics, reasons: mistakes > 0 ? [] : lines };
  }
}

/** The command line takes precedence over the configuration. */
export function interfaceSetting({ interfaces }: DaemonOptions, { settings }: Config): InterfaceSetting {
  return interfaces?.choice ?? settings.interfaces ?? { kind: 'any' };
}
