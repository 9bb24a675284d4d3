import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteLeaseStore } from '../../../host/store/sqlite-lease-store.ts';
import { assertOwnDirectory, databaseIn } from '../../state/open-state.ts';

/**
 * Whether an earlier daemon has left a closing command to be run, under this configuration or another: the next one
 * runs it. What is locked is another living daemon's; of what cannot be read, the daemon that opens it tells.
 */
export function hasStoredCommands(directory: string): boolean {
  if (!existsSync(directory)) return false;
  return readdirSync(directory).some(
    (name) => existsSync(databaseIn(join(directory, name))) && holdsCommand(join(directory, name)),
  );
}

function holdsCommand(directory: string): boolean {
  try {
    assertOwnDirectory(directory);
    const store = openSqliteLeaseStore(databaseIn(directory));
    try {
      return store.all().some(({ stop }) => stop !== '');
    } finally {
      store.close();
    }
  } catch {
    return false;
  }
}
