import type { HashKey } from '../../core/attempt/keyed-hash.ts';
import { ScanGuard } from '../../core/attempt/scan-guard.ts';
import { type Config, DEFAULT_SCAN_PENALTY } from '../../core/config/file/config.ts';
import type { DecoyPorts } from '../../core/decoy/decoy-ports.ts';
import { codeDoors } from '../../core/door/door.ts';
import type { Instant } from '../../core/net/time.ts';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { loadUsers } from '../config/authority.ts';
import { CodeRehearsal } from './code-rehearsal.ts';

const MAX_PENALTIES = 4096;

/** The scan guard of a rehearsal. */
export class RehearsalGuard {
  readonly guard: ScanGuard;
  readonly #penalty: number;
  readonly #codePenalty: number;

  constructor({ doors, settings: { scanPenalty = DEFAULT_SCAN_PENALTY } }: Config, secret: HashKey) {
    this.guard = new ScanGuard(MAX_PENALTIES, secret);
    this.#penalty = scanPenalty;
    this.#codePenalty = codeDoors(doors).length > 0 ? Math.max(scanPenalty, DEFAULT_SCAN_PENALTY) : 0;
    this.follow();
  }

  /** `decoys`: absent if only codes are guarded. */
  follow(decoys?: DecoyPorts): void {
    const codePenalty = this.#codePenalty;
    this.guard.follow(
      decoys === undefined ? { penalty: 0, codePenalty } : { decoys, penalty: this.#penalty, codePenalty },
    );
  }
}

export type ArrangedCodes = {
  /** Absent if no door accepts codes, or the users cannot be read. */
  readonly codes?: CodeRehearsal;
  readonly warnings: readonly Diagnostic[];
};

/** Judges codes by the secrets in the users file. Without that file, everything else is still judged. */
export function arrangeCodes(
  config: Config,
  { guard, secret, epoch }: { readonly guard: ScanGuard; readonly secret: HashKey; readonly epoch: Instant },
): ArrangedCodes {
  const doors = codeDoors(config.doors);
  if (doors.length === 0) return { warnings: [] };
  const loaded = loadUsers(config);
  if (loaded.kind === 'bad') {
    const warnings = loaded.diagnostics.map((one) => ({
      ...one,
      severity: 'warning' as const,
      message: `codes are not judged: ${one.message}`,
    }));
    return { warnings };
  }
  return {
    codes: new CodeRehearsal({ doors, users: loaded.users, guard, secret, epoch }),
    warnings: loaded.warnings,
  };
}
