import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Opens the address in the desktop's browser. Everybody can read a process's arguments, so the browser gets a redirect
 * file that only its owner can read. Resolves to an error. `remove` deletes the file.
 */
export async function openBrowser(
  url: string,
): Promise<{ readonly failure?: string; readonly remove: () => void }> {
  const directory = mkdtempSync(join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), 'bussa-web-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const file = join(directory, 'bussa.html');
  writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0; url=${url}">\n`, {
    mode: 0o600,
  });
  const failure = await new Promise<string | undefined>((resolve) => {
    const opener = spawn('xdg-open', [file], { stdio: 'ignore', detached: true });
    opener.once('error', ({ message }) => resolve(message));
    opener.once('exit', (status) => resolve(status === 0 ? undefined : `xdg-open ended with ${status}`));
  });
  return failure === undefined ? { remove } : { failure, remove };
}
