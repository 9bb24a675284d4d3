import { MAX_DOORS } from '../../core/attempt/attempt-engine.ts';
import type { Config, ConfigResult } from '../../core/config/config.ts';
import type { Diagnostic } from '../../core/config/diagnostic.ts';
import { parseConfig } from '../../core/config/parse-config.ts';
import { escapeText } from '../../core/config/quote-text.ts';
import { readWhole } from '../../host/system/read-whole.ts';
import { judgeFileMode } from './judge-file-mode.ts';

export type LoadedConfig =
  | {
      readonly kind: 'ok';
      readonly config: Config;
      readonly warnings: readonly Diagnostic[];
      /** The text that was read. */
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'bad';
      readonly diagnostics: readonly Diagnostic[];
      /** The file may be good: who asks may not read it. */
      readonly isDenied?: true;
    };

/**
 * Reads and judges the configuration, and looks whether the one-time files that it names can be used; and, unless that
 * is ignored, whether nobody else can write these files or read their secrets.
 */
export function loadConfig(file: string, modes: 'judged' | 'ignored' = 'judged'): LoadedConfig {
  let bytes: Uint8Array;
  try {
    bytes = readWhole(file);
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    const diagnostics = [unreadable(file, failure)];
    const isDenied = failure.code === 'EACCES' || failure.code === 'EPERM';
    return { kind: 'bad', diagnostics, ...(isDenied ? { isDenied } : {}) };
  }
  const result: ConfigResult = parseConfig(file, bytes);
  const open = modes === 'judged' ? openFiles(file, result) : [];
  if (result.kind === 'bad') return { kind: 'bad', diagnostics: [...open, ...result.diagnostics] };
  const mistakes = [...open, ...tooManyDoors(file, result.config), ...oneTimeMistakes(result.config)];
  return mistakes.length === 0
    ? { ...result, bytes }
    : { kind: 'bad', diagnostics: [...mistakes, ...result.warnings] };
}

/** A file that has mistakes may hold secrets as well. */
function openFiles(file: string, result: ConfigResult): Diagnostic[] {
  if (result.kind === 'bad') return judgeFileMode(file, true);
  const sources = result.config.doors.map((door) => door.sequenceSource);
  const holdsSecrets = sources.some(({ kind }) => kind === 'fixed');
  const oneTimeFiles = new Set(
    sources.flatMap((source) => (source.kind === 'one-time' ? [source.path] : [])),
  );
  return [
    ...judgeFileMode(file, holdsSecrets),
    ...[...oneTimeFiles].flatMap((path) => judgeFileMode(path, true)),
  ];
}

function unreadable(file: string, error: NodeJS.ErrnoException): Diagnostic {
  const remedy =
    error.code === 'ENOENT'
      ? 'there is no such file: name one with -c, or copy an example to it'
      : `it cannot be read: ${error.message}`;
  return { severity: 'error', place: { file, line: 1, column: 1 }, message: remedy };
}

function tooManyDoors(file: string, { doors }: Config): Diagnostic[] {
  if (doors.length <= MAX_DOORS) return [];
  const message = `${doors.length} doors are more than the ${MAX_DOORS} that can be watched`;
  return [{ severity: 'error', place: { file, line: 1, column: 1 }, message }];
}

/** A file that is empty or used up is no mistake: its door stays shut until it is filled and the daemon told (HUP). */
function oneTimeMistakes({ doors }: Config): Diagnostic[] {
  return doors.flatMap(({ name, sequenceSource }) => {
    if (sequenceSource.kind === 'fixed') return [];
    try {
      readWhole(sequenceSource.path);
      return [];
    } catch (error) {
      const message = `the one-time sequences of [${escapeText(name)}] cannot be read: ${(error as Error).message}; create the file, one sequence a line`;
      return [
        { severity: 'error' as const, place: { file: sequenceSource.path, line: 1, column: 1 }, message },
      ];
    }
  });
}
