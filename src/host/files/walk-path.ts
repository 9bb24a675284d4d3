import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

/** A step of the kernel's path resolution. The stats of a link are its own. */
export type PathEntry = {
  readonly path: string;
  readonly stats: Stats;
  /** The directory in which the entry was looked up; the root has none. */
  readonly parent?: PathEntry;
};

/** path_resolution(7): the kernel follows at most this many links. */
const MAX_LINKS = 40;

/**
 * Every directory and link on the path from the root, each once, and the target last. Throws the system's error where
 * the path cannot be followed.
 */
export function walkPath(path: string): readonly PathEntry[] {
  const root: PathEntry = { path: '/', stats: lstatSync('/') };
  const passed = new Map<string, PathEntry>([['/', root]]);
  const left = namesOf(isAbsolute(path) ? path : `${process.cwd()}/${path}`);
  let links = 0;
  let here = root;
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (name === '..') {
      here = passed.get(dirname(here.path)) ?? root;
      continue;
    }
    const entry = enter(here, name);
    passed.set(entry.path, entry);
    if (!entry.stats.isSymbolicLink()) {
      here = entry;
      continue;
    }
    if (++links > MAX_LINKS) throw new Error(`${path}: too many links`);
    const target = readlinkSync(entry.path);
    left.unshift(...namesOf(target));
    if (isAbsolute(target)) here = root;
  }
  passed.delete(here.path);
  return [...passed.values(), here];
}

function enter(parent: PathEntry, name: string): PathEntry {
  const path = join(parent.path, name);
  return { path, stats: lstatSync(path), parent };
}

/** The components as written: `a/..` has an effect if `a` is a link. */
const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');
