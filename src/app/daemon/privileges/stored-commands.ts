import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteLeaseStore } from '../../../host/store/sqlite-lease-store.ts';
import { databaseIn } from '../../state/open-state.ts';
import { assertOwnDirectory } from '../../state/own-directory.ts';

/**
 * Whether an earlier daemon has left a closing command to be run, under this configuration or another: the next one
 * runs it. What is locked is another living daemon's; of what cannot be read, the daemon that opens it tells.
 */
export function hasStoredCommands(directory: string): boolean {
  return namesIn(directory).some(
    (name) => existsSync(databaseIn(join(directory, name))) && holdsCommand(join(directory, name)),
  );
}

/** None where they cannot be listed: then nobody takes them over either. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
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
