import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { TempDirectory as WorkDirectory } from './temp-directory.ts';

const { BUSSA_KNOCKD, BUSSA_KNOCK, BUSSA_BUSSA } = process.env;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Where setup.sh unpacks Debian's package, unless that is installed. */
const UNPACKED = join(ROOT, '.cache/knockd');

const original = (path: string): string => (existsSync(join(UNPACKED, path)) ? join(UNPACKED, path) : path);

/** Debian's own programs, written in C. */
export const C_KNOCKD = original('/usr/sbin/knockd');
export const C_KNOCK = original('/usr/bin/knock');

/**
 * The daemon under test as a command line. BUSSA_KNOCKD names another one: with /usr/sbin/knockd the tests that
 * do not rest on a difference from the original can be tried against the original.
 */
export const KNOCKD: readonly string[] = [BUSSA_KNOCKD ?? join(ROOT, 'bin/knockd')];

/** The other two; BUSSA_KNOCK and BUSSA_BUSSA name others. */
export const KNOCK: readonly string[] = [BUSSA_KNOCK ?? join(ROOT, 'bin/knock')];
export const BUSSA: readonly string[] = [BUSSA_BUSSA ?? join(ROOT, 'bin/bussa')];

/** The daemon's command line; its state never leaves the directory of the test. */
export function knockdCommand(
  directory: WorkDirectory,
  config: string,
  ...options: readonly string[]
): [string, ...string[]] {
  const file = directory.file('knockd.conf', config);
  const state = KNOCKD[0] === C_KNOCKD ? [] : ['--state', directory.path];
  return [...KNOCKD, '-c', file, '-v', ...state, ...options] as unknown as [string, ...string[]];
}

/** A door that opens at one packet: once it has, everything sent before has been judged as well. */
const FENCE = `
[fence]
  sequence = 65000:udp
`;

/** Waits until the daemon has judged every packet sent before. */
export async function fence(knockd: Program, from: Namespace, to: string): Promise<void> {
  const before = knockd.count(/: fence: OPEN SESAME/g);
  await from.run(C_KNOCK, '-u', to, '65000');
  await knockd.saw(/: fence: OPEN SESAME/, before + 1);
}

/**
 * Knocks until the daemon hears it, for a change of the network that it may learn of a moment later.
 * Returns the line of the opening.
 */
export async function knockUntilOpen(
  knockd: Program,
  knock: () => Promise<unknown>,
  opening: RegExp,
): Promise<string> {
  const before = knockd.count(opening);
  for (let tries = 1; ; tries++) {
    await knock();
    // The last one may take its time, and its failure shows the daemon's output.
    const patience = tries < 160 ? 250 : 5000;
    const seen = await knockd.saw(opening, before + 1, patience).catch((error: unknown) => {
      if (tries === 160 || !knockd.running) throw error;
    });
    if (seen !== undefined) return seen[0];
  }
}

/** Starts Debian's knockd inside a namespace and returns when it listens. */
export async function startRealKnockd(
  namespace: Namespace,
  directory: WorkDirectory,
  config: string,
  ...options: readonly string[]
): Promise<Program> {
  const file = directory.file('real-knockd.conf', config + FENCE);
  const program = namespace.start(C_KNOCKD, '-c', file, '-v', ...options);
  await program.saw(/listening on .*\.\.\.\n/);
  return program;
}

/** Starts the daemon inside a namespace and returns when it listens. */
export function startKnockd(
  namespace: Namespace,
  directory: WorkDirectory,
  config: string,
  ...options: readonly string[]
): Promise<Program> {
  return startKnockdBehind([], namespace, directory, config, ...options);
}

/** The same behind other words, which see to it that it finds what it is to find. */
export async function startKnockdBehind(
  prefix: readonly string[],
  namespace: Namespace,
  directory: WorkDirectory,
  config: string,
  ...options: readonly string[]
): Promise<Program> {
  const [word = '', ...words] = [...prefix, ...knockdCommand(directory, config + FENCE, ...options)];
  const program = namespace.start(word, ...words);
  await program.saw(/listening on .*\.\.\.\n/);
  return program;
}

export { WorkDirectory };
