import { renderDiagnostic } from '../core/config/diagnostic.ts';
import { loadConfig } from './daemon/load-config.ts';

const EXIT = { ok: 0, config: 78 } as const;

/** Judges a configuration and does nothing else. Returns the exit status. */
export function check(
  configFile: string,
  print: (line: string) => void,
  complain: (line: string) => void,
): number {
  const loaded = loadConfig(configFile);
  const diagnostics = loaded.kind === 'ok' ? loaded.warnings : loaded.diagnostics;
  for (const diagnostic of diagnostics) complain(renderDiagnostic(diagnostic));
  if (loaded.kind === 'bad') return EXIT.config;
  print(`${configFile}: good, ${loaded.config.doors.length} door(s)`);
  return EXIT.ok;
}
