import {
  markSequenceUsed,
  type OneTimeSequence,
  parseOneTimeSequences,
} from '../../core/config/file/one-time-sequences.ts';
import type { Door, DoorSpec } from '../../core/door/door.ts';
import { sameSequence } from '../../core/door/sequence.ts';
import type { LogEvent } from '../../core/event/event.ts';
import { type Diagnostic, renderDiagnostic } from '../../core/text/diagnostic.ts';
import { readWhole } from '../../host/files/read-whole.ts';
import { overwriteByte, replaceFile } from '../../host/files/replace-file.ts';
import { judgeFileAccess } from '../file-access/judge-file-access.ts';
import type { FileAccess } from '../file-access/judge-path.ts';

const HASH = 0x23;

/** BOUNDED: reported warnings about lines of one file. A wrong file could cause thousands. */
const MAX_WARNINGS = 16;

const USED_UP = 'its one-time sequences are used up';

/** The doors that can be opened now, and why doors with one-time sequences cannot. */
export class OneTimeDoors {
  readonly #report: (event: LogEvent) => void;
  readonly #access: FileAccess;
  readonly #shut = new Map<string, string>();
  /** Warnings already reported, by file. A file is read again after each used sequence. */
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(report: (event: LogEvent) => void, access: FileAccess = 'judged') {
    this.#report = report;
    this.#access = access;
  }

  /**
   * The doors that a sequence opens. A door is left out, with a log line, if its one-time sequences are used up or its
   * file cannot be used.
   */
  watchable(specs: readonly DoorSpec[]): Door[] {
    return specs.flatMap((spec) => this.#watchable(spec) ?? []);
  }

  /** Why a door is not watched. */
  whyShut(name: string): string {
    return this.#shut.get(name) ?? USED_UP;
  }

  /** Closes the door until a reload. */
  shut(name: string, why: string): void {
    this.#shut.set(name, why);
  }

  #watchable(spec: DoorSpec): Door | undefined {
    const { name, sequenceSource: source } = spec;
    this.#shut.delete(name);
    if (source.kind === 'none') return undefined;
    if (source.kind === 'fixed') return { ...spec, sequence: source.sequence };
    const file = readOneTimeFile(source.path, this.#access);
    if (file.kind === 'unusable') {
      this.#shut.set(name, `its one-time sequences cannot be used: ${file.reason}`);
      const text = `${name}: the one-time sequences ${file.what}: ${file.reason}; the door stays shut`;
      this.#report({ kind: 'error', text });
      return undefined;
    }
    this.#warn(source.path, file.warnings.map(renderDiagnostic));
    if (file.next !== undefined) return { ...spec, sequence: file.next.sequence };
    this.#shut.set(name, USED_UP);
    this.#report({ kind: 'no-sequences-left', door: name, file: source.path });
    return undefined;
  }

  #warn(path: string, lines: readonly string[]): void {
    const told = this.#told.get(path);
    this.#told.set(path, new Set(lines));
    for (const text of lines) if (told?.has(text) !== true) this.#report({ kind: 'warning', text });
  }
}

export type OneTimeFile =
  | {
      readonly kind: 'usable';
      readonly bytes: Uint8Array;
      /** Absent if no sequence is left. */
      readonly next?: OneTimeSequence;
      readonly warnings: readonly Diagnostic[];
    }
  | { readonly kind: 'unusable'; readonly what: string; readonly reason: string };

/** Reads a door's one-time file as it is now. A file that others can change is refused: they could open the door. */
export function readOneTimeFile(path: string, access: FileAccess): OneTimeFile {
  const findings = access === 'judged' ? judgeFileAccess(path, 'group') : [];
  const wrong = findings.filter(({ severity }) => severity === 'error');
  if (wrong.length > 0) {
    const reason = wrong.map(({ message }) => message).join('; ');
    return { kind: 'unusable', what: `in ${path} are not used`, reason };
  }
  let bytes: Uint8Array;
  try {
    bytes = readWhole(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const remedy = code === 'ENOENT' ? '; create the file, one sequence a line' : '';
    return { kind: 'unusable', what: 'cannot be read', reason: `${message}${remedy}` };
  }
  const { next, warnings } = parseOneTimeSequences(path, bytes);
  const told = [...findings, ...bounded(path, warnings)];
  return { kind: 'usable', bytes, warnings: told, ...(next === undefined ? {} : { next }) };
}

function bounded(file: string, warnings: readonly Diagnostic[]): readonly Diagnostic[] {
  if (warnings.length <= MAX_WARNINGS) return warnings;
  const message = `${warnings.length - MAX_WARNINGS} more such lines: a line is one sequence, such as 7000,8000,9000`;
  const place = warnings[MAX_WARNINGS]?.place ?? { file, line: 1, column: 1 };
  return [...warnings.slice(0, MAX_WARNINGS), { severity: 'warning', id: 'skipped-line', place, message }];
}

/**
 * Marks the sequence as used on the disk before anything opens. Throws if that fails: a sequence must not open twice.
 */
export function useUpSequence(door: Door): void {
  const source = door.sequenceSource;
  if (source.kind !== 'one-time') return;
  const { path } = source;
  const file = readOneTimeFile(path, 'judged');
  if (file.kind === 'unusable') throw new Error(file.reason);
  const { bytes, next } = file;
  // Somebody edited the file meanwhile: the knocked sequence is no longer the first one.
  if (next === undefined || !sameSequence(next.sequence, door.sequence)) {
    throw new Error(
      `${path} has changed since it was read, and this sequence is no longer the next one in it`,
    );
  }
  try {
    replaceFile(path, markSequenceUsed(bytes, next.line));
  } catch {
    // The disk is full or the directory is not writable. The file itself can still be overwritten.
    overwriteByte(path, next.byteOffset, HASH);
  }
}
