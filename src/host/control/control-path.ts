import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** unix(7): sun_path has 108 bytes, the last of them 0. */
const MAX_PATH_BYTES = 107;

/** `path` is valid only until `release` is called. */
export type ReachablePath = { readonly path: string; readonly release: () => void };

/** A name for the socket that fits into sun_path: a long one goes through its directory's descriptor. */
export function reachablePath(path: string): ReachablePath {
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return { path, release: () => undefined };
  const fd = openSync(dirname(path), 'r');
  return { path: `/proc/self/fd/${fd}/${basename(path)}`, release: () => closeSync(fd) };
}
