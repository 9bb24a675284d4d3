import type { Config } from '../../../core/config/file/config.ts';
import { type Diagnostic, renderDiagnostic } from '../../../core/text/diagnostic.ts';
import type { Authority } from '../../config/authority.ts';
import { commandsIn } from '../../config/commands-in.ts';
import type { FleetIdentity } from '../../config/fleet-identity.ts';
import { loadConfig } from '../../config/load-config.ts';
import { gatesOf } from '../firewall/gates-of.ts';
import type { LockoutGuard } from '../lockout-guard/lockout-guard.ts';

export type JudgedReload =
  | {
      readonly kind: 'good';
      readonly config: Config;
      readonly authority: Authority | undefined;
      readonly fleet: FleetIdentity | undefined;
      readonly warnings: readonly Diagnostic[];
    }
  /** `mistakes`: number of mistakes in the file, which the diagnostics list. `lines`: for the log. */
  | {
      readonly kind: 'bad';
      readonly lines: readonly string[];
      readonly diagnostics: readonly Diagnostic[];
      readonly mistakes: number;
    };

/**
 * Reads the configuration again, and asks the lockout guard whether its ports may be closed. `hasDropped`: privileges
 * that commands may need have been dropped.
 */
export async function judgeReload(
  file: string,
  guard: LockoutGuard | undefined,
  hasDropped: boolean,
): Promise<JudgedReload> {
  const loaded = loadConfig(file);
  if (loaded.kind === 'bad') {
    const { diagnostics } = loaded;
    const mistakes = diagnostics.filter(({ severity }) => severity === 'error').length;
    return { kind: 'bad', lines: diagnostics.map(renderDiagnostic), mistakes, diagnostics };
  }
  const commands = hasDropped ? commandsIn(loaded.config) : [];
  if (commands.length > 0) return objecting([tooNarrow(file, commands)]);
  const objections = (await guard?.judgeReload(gatesOf(loaded.config), loaded.config.settings)) ?? [];
  if (objections.length > 0) return objecting(objections);
  const { config, authority, fleet, warnings } = loaded;
  return { kind: 'good', config, authority, fleet, warnings };
}

const objecting = (lines: readonly string[]): JudgedReload => ({
  kind: 'bad',
  lines,
  mistakes: 0,
  diagnostics: [],
});

function tooNarrow(file: string, commands: readonly string[]): string {
  return (
    `${file}: this daemon was started without commands and hooks, and has dropped the privileges that they may need: ` +
    `it cannot run ${commands.join(', ')}; restart the daemon to run them`
  );
}
