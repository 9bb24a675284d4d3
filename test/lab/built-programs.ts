import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { repository } from './scratch-clone.ts';

/** The directory with the executable of this clone: the one that `npm test` has built, or a new one below `parent`. */
export function builtPrograms(parent: string): string {
  const { BUSSA_BUILT } = process.env;
  if (BUSSA_BUILT !== undefined) return BUSSA_BUILT;
  const built = path.join(parent, 'built');
  const script = path.join(repository, 'scripts/build.ts');
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', script, built]);
  return built;
}
