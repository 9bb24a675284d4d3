import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** BOUNDED: bytes typed. */
const MAX_BYTES = 256;

/** The paths for writing to and reading from this process's terminal. */
type Terminal = { readonly output: string; readonly input: string };

const terminalOf = (platform: NodeJS.Platform): Terminal =>
  platform === 'win32'
    ? { output: '\\\\.\\CONOUT$', input: '\\\\.\\CONIN$' }
    : { output: '/dev/tty', input: '/dev/tty' };

/** Asks for a line at this process's terminal, wherever its standard streams go. `undefined`: there is none. */
export async function askAtTerminal(
  question: string,
  platform: NodeJS.Platform,
): Promise<string | undefined> {
  const { output, input } = terminalOf(platform);
  const open: number[] = [];
  const opened = (file: string): number => {
    const fd = openSync(file, 'r+');
    open.push(fd);
    return fd;
  };
  try {
    writeSync(opened(output), question);
    const bytes = Buffer.alloc(MAX_BYTES);
    const length = readSync(opened(input), bytes);
    return bytes.toString('utf8', 0, length).trim();
  } catch {
    // There is no terminal, it has been closed, or this process is in its background.
    return undefined;
  } finally {
    for (const fd of open) closeSync(fd);
  }
}
