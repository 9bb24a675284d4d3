import { MAX_DOORS } from '../../core/attempt/door-index.ts';
import type { Config, ConfigResult } from '../../core/config/file/config.ts';
import { parseConfig } from '../../core/config/file/parse-config.ts';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { readWhole } from '../../host/files/read-whole.ts';
import { judgeFileAccess } from '../file-access/judge-file-access.ts';
import type { FileAccess, Readers } from '../file-access/judge-path.ts';
import { type Authority, loadAuthority } from './authority.ts';
import { type FleetIdentity, loadFleet } from './fleet-identity.ts';
import { noConfigRemedy } from './own-command.ts';

export type LoadedConfig =
  | {
      readonly kind: 'ok';
      readonly config: Config;
      /** Present if a door accepts keys, and the caller is a daemon or acts for one. */
      readonly authority?: Authority;
      /** Present if the configuration has a fleet, and the caller is a daemon or acts for one. */
      readonly fleet?: FleetIdentity;
      readonly warnings: readonly Diagnostic[];
      /** The file's content as read. */
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'bad';
      readonly diagnostics: readonly Diagnostic[];
      /** The file may be valid, but the caller may not read it. */
      readonly isDenied?: true;
    };

/**
 * Reads and checks the configuration and, unless `access` says otherwise, who else can write the file or read its
 * secrets. Then loads the users and the server's key, if a door accepts keys. One-time files are not read here: a bad
 * one closes only its own door.
 */
export function loadConfig(file: string, access: FileAccess = 'judged'): LoadedConfig {
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
  const findings = access === 'judged' ? judgeFileAccess(file, readersOf(result)) : [];
  if (result.kind === 'bad') return { kind: 'bad', diagnostics: [...findings, ...result.diagnostics] };
  const warnings = [...findings, ...tooManyDoors(file, result.config), ...result.warnings];
  const authority = access === 'judged' ? loadAuthority(result.config, access) : undefined;
  const fleet = access === 'judged' ? loadFleet(result.config, access) : undefined;
  const all = [...warnings, ...foundIn(authority), ...foundIn(fleet)];
  if (authority?.kind === 'bad' || fleet?.kind === 'bad') {
    const isDenied = [authority, fleet].some((one) => one?.kind === 'bad' && one.isDenied);
    return { kind: 'bad', diagnostics: all, ...(isDenied ? { isDenied } : {}) };
  }
  if (warnings.some(({ severity }) => severity === 'error')) return { kind: 'bad', diagnostics: warnings };
  return {
    ...result,
    ...(authority === undefined ? {} : { authority: authority.authority }),
    ...(fleet === undefined ? {} : { fleet: fleet.identity }),
    warnings: all,
    bytes,
  };
}

/** A file with mistakes may contain secrets as well. */
function readersOf(result: ConfigResult): Readers {
  if (result.kind === 'bad') return 'group';
  const holdsSecrets = result.config.doors.some(({ sequenceSource }) => sequenceSource.kind === 'fixed');
  return holdsSecrets ? 'group' : 'everybody';
}

type Loaded =
  | { readonly kind: 'ok'; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] }
  | undefined;

function foundIn(loaded: Loaded): readonly Diagnostic[] {
  if (loaded === undefined) return [];
  return loaded.kind === 'ok' ? loaded.warnings : loaded.diagnostics;
}

function unreadable(file: string, error: NodeJS.ErrnoException): Diagnostic {
  const remedy =
    error.code === 'ENOENT'
      ? `there is no such file: ${noConfigRemedy(file)}`
      : `it cannot be read: ${error.message}`;
  return { severity: 'error', place: { file, line: 1, column: 1 }, message: remedy };
}

function tooManyDoors(file: string, { doors }: Config): Diagnostic[] {
  if (doors.length <= MAX_DOORS) return [];
  const message = `${doors.length} doors: the limit is ${MAX_DOORS}`;
  return [{ severity: 'error', place: { file, line: 1, column: 1 }, message }];
}
