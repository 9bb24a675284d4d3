import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where one of these texts stands: in files below the directory, and in the words and the environment of processes. */
export function placesOf(secrets: readonly (string | Buffer)[], directory: string): readonly string[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name));
  const processes = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && !isJudge(name))
    .flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
  return [...files, ...processes].filter((path) => holds(path, secrets)).sort();
}

/** oathtool is given the secret by a test that runs at the same time. */
function isJudge(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('oathtool');
  } catch {
    return true;
  }
}

function holds(path: string, secrets: readonly (string | Buffer)[]): boolean {
  try {
    const bytes = readFileSync(path);
    return secrets.some((secret) => bytes.includes(secret));
  } catch {
    // The process has ended, or the file is gone.
    return false;
  }
}
