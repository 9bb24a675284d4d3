import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';

const TOKEN_BYTES = 24;
/** inode(7) */
const OTHERS_READ = 0o004;
/** RFC 6750, b64token, and long enough not to be guessed. */
const TOKEN = /^[A-Za-z0-9._~+/-]{16,200}=*$/;

export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

/**
 * The token in the file. If there is no file, creates one with a new token, readable only by its owner. Throws the
 * system's error.
 */
export function tokenIn(path: string): string {
  try {
    const token = newToken();
    writeFileSync(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
    return token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if ((statSync(path).mode & OTHERS_READ) !== 0) {
    throw new Error(
      `${path}: everybody on this host can read the token: remove the file, and a new one is made`,
    );
  }
  const token = readFileSync(path, 'utf8').trim();
  if (TOKEN.test(token)) return token;
  throw new Error(
    `${path}: not a token of 16 to 200 letters, digits and -._~+/: remove the file, and a new one is made`,
  );
}
