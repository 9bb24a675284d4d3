import { execFile } from 'node:child_process';
import type { Family } from '../../core/net/address.ts';
import type { Platform } from '../platform/platform.ts';

/** A ping without an answer ends after a second; this limit is for one that hangs. */
const LIMIT_MS = 10_000;

type Command = { readonly file: string; readonly options: readonly string[] };

/** One request, and a second for its answer. */
export function pingCommand(family: Family, platform: Platform): Command {
  if (platform === 'win32') return { file: 'ping', options: ['-n', '1', '-w', '1000'] };
  if (platform === 'linux') return { file: 'ping', options: ['-n', '-c', '1', '-W', '1'] };
  // macOS: -W counts milliseconds, -t limits the whole run; IPv6 has a separate program without either.
  if (family === 6) return { file: 'ping6', options: ['-n', '-c', '1'] };
  return { file: 'ping', options: ['-n', '-c', '1', '-t', '1'] };
}

/** `undefined`: there is no such program, or it cannot be run. */
export function answersPing(
  address: string,
  family: Family,
  platform: Platform,
): Promise<boolean | undefined> {
  const { file, options } = pingCommand(family, platform);
  return new Promise((resolve) => {
    execFile(file, [...options, address], { timeout: LIMIT_MS, windowsHide: true }, (error, stdout) => {
      if (error === null) return resolve(platform !== 'win32' || /TTL=|time[=<]/i.test(stdout));
      resolve(typeof error.code === 'number' || error.killed === true ? false : undefined);
    });
  });
}
