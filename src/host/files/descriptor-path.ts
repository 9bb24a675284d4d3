import { closeSync, fstatSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { libc } from '../ffi/libc.ts';
import { closeAtExec, createMemoryFile } from '../ffi/process-calls.ts';
import { lastError } from '../ffi/system-call-error.ts';
import { descriptorOf } from './descriptor-name.ts';

/**
 * The content of a pipe can be read only once. If the path stands for a pipe, replaces it by a copy in memory that can
 * be read repeatedly. Throws with the system's reason.
 */
export function holdPiped(path: string): void {
  const fd = descriptorOf(path);
  if (fd === undefined || !isPipe(fd)) return;
  const bytes = readFileSync(fd);
  const held = createMemoryFile('bussa-configuration');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(held, bytes, at);
    if (libc.dup2(held, fd) < 0) throw lastError('dup2', path);
  } finally {
    closeSync(held);
  }
}

/** Highest descriptor tried if /proc does not list the open ones. */
const LIKELY_FDS = 1024;
const FIRST_AFTER_STDERR = 3;

/** Programs started from now on inherit only the standard streams and `kept`. */
export function keepDescriptorsFromPrograms(kept: number | undefined): void {
  for (const fd of openDescriptors()) if (fd >= FIRST_AFTER_STDERR && fd !== kept) closeAtExec(fd);
}

function openDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return [...Array(LIKELY_FDS).keys()];
  }
}

/** A descriptor that is not open is reported by the reader of the file. */
function isPipe(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    return false;
  }
}
