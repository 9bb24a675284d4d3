import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { Platform } from '../platform/platform.ts';

/**
 * Makes the names in a directory survive a power failure. Windows cannot open a directory as a file, and needs no such
 * call.
 */
export function syncDirectory(path: string, platform: Platform): void {
  if (platform === 'win32') return;
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
