import { dirname, resolve } from 'node:path';
import { DirectoryLock } from '../../host/files/directory-lock.ts';
import { noConfig, type Unusable, unusable } from './authority-texts.ts';

/** Two concurrent changes would each overwrite the other. */
export function withUsersLock<T>(configFile: string, change: () => T): T | Unusable {
  const lock = new DirectoryLock();
  try {
    if (lock.acquire(dirname(resolve(configFile))) === 'held') {
      const message = `another command is changing the users of ${configFile} now: run this again`;
      return { kind: 'failed', message };
    }
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    return failure.code === 'ENOENT' ? noConfig(configFile) : unusable(failure);
  }
  try {
    return change();
  } finally {
    lock.release();
  }
}
