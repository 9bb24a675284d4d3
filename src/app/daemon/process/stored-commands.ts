import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteLeaseStore } from '../../../host/store/sqlite-lease-store.ts';
import { databaseIn } from '../../state/open-state.ts';
import { assertOwnDirectory } from '../../state/own-directory.ts';

/**
 * Whether an earlier daemon, under any configuration, left a closing command: the next one runs it. A locked database
 * belongs to a living daemon. An unreadable one is reported by the daemon that opens it.
 */
export function hasStoredCommands(directory: string): boolean {
  return namesIn(directory).some(
    (name) => existsSync(databaseIn(join(directory, name))) && holdsCommand(join(directory, name)),
  );
}

/** Empty if they cannot be listed: then nobody takes them over either. */
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
