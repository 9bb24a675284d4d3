import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { readRegular } from '../../host/files/read-regular.ts';
import { judgeFileAccess } from '../file-access/judge-file-access.ts';
import type { FileAccess, Readers } from '../file-access/judge-path.ts';

export type GuardedFile = {
  /** Absent: it cannot be read, and `findings` says why. */
  readonly bytes?: Uint8Array;
  readonly findings: readonly Diagnostic[];
  /** The file may be valid, but this process may not read it. */
  readonly isDenied: boolean;
};

type Guard = {
  readonly readers: Readers;
  readonly access: FileAccess;
  /** A larger file would block the daemon. */
  readonly maxBytes: number;
  /** What makes a missing file, as a sentence without a full stop. */
  readonly remedy: string;
};

/** Reads a file that decides who may come in. Anyone who can write it could add themselves. */
export function readGuardedFile(path: string, { readers, access, maxBytes, remedy }: Guard): GuardedFile {
  const findings = access === 'judged' ? judgeFileAccess(path, readers) : [];
  try {
    return { bytes: readRegular(path, maxBytes), findings, isDenied: false };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `there is no such file: ${remedy}` : `it cannot be read: ${message}`;
    const isDenied = code === 'EACCES' || code === 'EPERM';
    return { findings: [...findings, errorIn(path, why)], isDenied };
  }
}

/** A mistake in a file without columns. */
export const errorIn = (file: string, message: string, line = 1): Diagnostic => ({
  severity: 'error',
  place: { file, line, column: 1 },
  message,
});
