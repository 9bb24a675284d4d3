import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { Platform } from '../platform/platform.ts';

/** Has the names in a directory survive a power failure. Windows opens no directory as a file, and keeps them by itself. */
export function syncDirectory(path: string, platform: Platform): void {
  if (platform === 'win32') return;
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
