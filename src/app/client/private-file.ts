import { readFileSync, statSync } from 'node:fs';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { isNativeCodeMissing } from '../../host/ffi/is-native-code-missing.ts';
import { PLATFORM, type Platform } from '../../host/platform/platform.ts';
import { isPlainlyPrivate } from '../file-access/is-plainly-private.ts';

/** BOUNDED: bytes of a file written by hand. */
const MAX_BYTES = 1 << 20;

export type PrivateFile =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing' }
  /** Sentences, each with the remedy. */
  | { readonly kind: 'bad' | 'permission'; readonly errors: readonly string[] };

/**
 * Reads a file with secrets. A file that others can read or change is refused, as ssh(1) does for private keys. Windows
 * has no mode bits, so nothing is checked there: the directory decides who may read it.
 */
export async function readPrivateFile(
  file: string,
  what: string,
  platform: Platform = PLATFORM,
): Promise<PrivateFile> {
  try {
    const errors = await mistakesOf(file, what, platform);
    if (errors.length > 0) return { kind: 'bad', errors };
    return { kind: 'read', bytes: readFileSync(file) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    const kind = code === 'EACCES' || code === 'EPERM' ? 'permission' : 'bad';
    return { kind, errors: [`${file}: it cannot be read: ${message}`] };
  }
}

/** What to change so that only the owner can read and change the file. Throws with the system's reason. */
async function mistakesOf(file: string, what: string, platform: Platform): Promise<string[]> {
  const stats = statSync(file);
  if (!stats.isFile()) return [`${file}: it is not a file`];
  if (stats.size > MAX_BYTES) return [`${file}: it has more than ${MAX_BYTES} bytes: it is not ${what}`];
  if (platform === 'win32' || isPlainlyPrivate(file)) return [];
  return (await judge(file, platform)).map(renderDiagnostic);
}

/** Checks modes and access lists on Linux, and only modes if libc cannot be called. */
async function judge(file: string, platform: Platform): Promise<readonly Diagnostic[]> {
  if (platform === 'linux') {
    try {
      const { judgeFileAccess } = await import('../file-access/judge-file-access.ts');
      return judgeFileAccess(file, 'owner');
    } catch (error) {
      if (!isNativeCodeMissing(error)) throw error;
    }
  }
  const { judgePath } = await import('../file-access/judge-path.ts');
  return judgePath(file, 'owner', () => undefined);
}
