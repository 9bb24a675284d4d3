import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PastLease } from '../../core/lease/past-lease.ts';
import type { PastFilter } from '../../host/store/lease-store.ts';
import { openSqliteLeaseStore } from '../../host/store/sqlite-lease-store.ts';
import { DEFAULT_CONFIG_FILE } from '../config/daemon-options.ts';
import { databaseIn, stateName } from '../state/open-state.ts';
import { pastLeases } from '../state/past-leases.ts';
import { askForRows, type DaemonSelector, type NoAnswer } from './ask-daemon.ts';

const SCRATCH = 'bussa-history-';
const SHARED_MEMORY = '/dev/shm';

export type HistoryFilter = PastFilter & { readonly limit: number };

export type HistoryReading =
  | { readonly kind: 'history'; readonly leases: readonly PastLease[]; readonly from: 'daemon' | 'database' }
  | NoAnswer;

/** Past leases, newest first: from the daemon or, if none runs, from its database. */
export async function readHistory(daemon: DaemonSelector, choice: HistoryFilter): Promise<HistoryReading> {
  const { source, ...rest } = choice;
  const ip = source === undefined ? {} : { ip: source };
  const reply = await askForRows(daemon, { verb: 'history', ...rest, ...ip });
  if (reply.kind === 'answer') return { kind: 'history', leases: reply.answer, from: 'daemon' };
  if (reply.kind !== 'no-daemon') return reply;
  const database = findDatabase(daemon);
  if (database === undefined) return reply;
  return typeof database === 'string' ? readCopy(database, choice) : database;
}

/** `undefined`: there is no database. */
function findDatabase(daemon: DaemonSelector): string | undefined | HistoryReading {
  const { configFile, interfaces, stateDirectory } = daemon;
  const named =
    configFile === undefined && interfaces === undefined
      ? listStates(stateDirectory)
      : [stateName(configFile ?? DEFAULT_CONFIG_FILE, interfaces)];
  const databases = named
    .map((name) => databaseIn(join(stateDirectory, name)))
    .filter((path) => existsSync(path));
  if (databases.length <= 1) return databases[0];
  const message = `no daemon is running, and several have left a history: name one with -c FILE, and -i if it was started with that: ${databases.join(', ')}`;
  return { kind: 'failed', message };
}

function listStates(stateDirectory: string): readonly string[] {
  try {
    return readdirSync(stateDirectory).sort();
  } catch {
    return [];
  }
}

/**
 * Reads a copy of the database. A daemon that starts meanwhile must be the only user of the original, and the journal
 * files that a crash left must stay untouched.
 */
async function readCopy(path: string, { limit, ...choice }: HistoryFilter): Promise<HistoryReading> {
  let directory: string | undefined;
  try {
    directory = makeScratch();
    const copy = databaseIn(directory);
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    const store = openSqliteLeaseStore(copy);
    try {
      const leases = await Array.fromAsync(pastLeases(store, choice, limit));
      return { kind: 'history', leases, from: 'database' };
    } finally {
      store.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const kind = code === 'EACCES' || code === 'EPERM' ? 'permission' : 'failed';
    return { kind, message: `the history in ${path} cannot be read: ${message}` };
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}

/** TMPDIR may name a missing directory, and a disk may be full. /dev/shm is in memory, see shm_overview(7). */
function makeScratch(): string {
  try {
    return mkdtempSync(join(tmpdir(), SCRATCH));
  } catch (error) {
    if (!existsSync(SHARED_MEMORY)) throw error;
    return mkdtempSync(join(SHARED_MEMORY, SCRATCH));
  }
}
