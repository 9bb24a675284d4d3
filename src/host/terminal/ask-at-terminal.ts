import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** BOUNDED: what somebody types. */
const MAX_BYTES = 256;

/** Asks for a line at the terminal of this process, whatever its standard streams are. `undefined` where there is none. */
export async function askAtTerminal(question: string): Promise<string | undefined> {
  let fd: number;
  try {
    fd = openSync('/dev/tty', 'r+');
  } catch {
    return undefined;
  }
  try {
    writeSync(fd, question);
    const bytes = Buffer.alloc(MAX_BYTES);
    const length = readSync(fd, bytes);
    return bytes.toString('utf8', 0, length).trim();
  } catch {
    // The terminal has gone, or this process is in its background.
    return undefined;
  } finally {
    closeSync(fd);
  }
}
