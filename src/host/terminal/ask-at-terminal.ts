import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** BOUNDED: what somebody types. */
const MAX_BYTES = 256;

/** The terminal of this process, to write to and to read from. */
type Terminal = { readonly output: string; readonly input: string };

const terminalOf = (platform: NodeJS.Platform): Terminal =>
  platform === 'win32'
    ? { output: '\\\\.\\CONOUT$', input: '\\\\.\\CONIN$' }
    : { output: '/dev/tty', input: '/dev/tty' };

/** Asks for a line at the terminal of this process, whatever its standard streams are. `undefined` where there is none. */
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
    // There is no terminal, it has gone, or this process is in its background.
    return undefined;
  } finally {
    for (const fd of open) closeSync(fd);
  }
}
