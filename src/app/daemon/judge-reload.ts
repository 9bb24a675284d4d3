import type { Config } from '../../core/config/config.ts';
import { renderDiagnostic } from '../../core/config/diagnostic.ts';
import { commandsIn } from './commands-in.ts';
import { gatesOf } from './gates-of.ts';
import { loadConfig } from './load-config.ts';
import type { OwnerGuard } from './owner-guard.ts';

export type JudgedReload =
  | { readonly kind: 'good'; readonly config: Config; readonly warnings: readonly string[] }
  /** `mistakes`: how many the file itself has. `lines` say what speaks against it. */
  | { readonly kind: 'bad'; readonly lines: readonly string[]; readonly mistakes: number };

/**
 * Reads the configuration anew, and asks the guard whether its ports may be closed. `narrowed`: what commands may need
 * has been given up.
 */
export async function judgeReload(
  file: string,
  guard: OwnerGuard | undefined,
  narrowed: boolean,
): Promise<JudgedReload> {
  const loaded = loadConfig(file);
  if (loaded.kind === 'bad') {
    const lines = loaded.diagnostics.map(renderDiagnostic);
    const mistakes = loaded.diagnostics.filter(({ severity }) => severity === 'error').length;
    return { kind: 'bad', lines, mistakes };
  }
  const commands = narrowed ? commandsIn(loaded.config) : [];
  if (commands.length > 0) return { kind: 'bad', lines: [tooNarrow(file, commands)], mistakes: 0 };
  const objections = (await guard?.judgeReload(gatesOf(loaded.config), loaded.config.settings)) ?? [];
  if (objections.length > 0) return { kind: 'bad', lines: objections, mistakes: 0 };
  return { kind: 'good', config: loaded.config, warnings: loaded.warnings.map(renderDiagnostic) };
}

function tooNarrow(file: string, commands: readonly string[]): string {
  return (
    `${file}: this daemon was started without commands and hooks, and has given up all privileges that they may need: ` +
    `it cannot run ${commands.join(', ')}; restart it to have them run`
  );
}
