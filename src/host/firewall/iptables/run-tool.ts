import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { requireRoomToSpawn } from '../../ffi/descriptor-room.ts';
import { isExhausted } from '../../ffi/is-exhausted.ts';
import { ExhaustedError, FirewallError } from '../contract/firewall.ts';

/** No command of the firewall takes this long: what hangs is ended, and has failed. */
const DEADLINE_MS = 10_000;

/** BOUNDED: of what a command prints, this much is kept; a listing that is longer is an error. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Where these commands are, whatever path the daemon was started with. */
const PATH = [process.env.PATH ?? '', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].filter(Boolean).join(':');

/** Runs a command without a shell; resolves with its output, rejects with a `FirewallError` of its last words. */
export function runTool(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new FirewallError(`${[command, ...args].join(' ')}: ${why}`));
    let child: ChildProcessWithoutNullStreams;
    try {
      requireRoomToSpawn(3, command);
      child = spawn(command, args, { env: { PATH, LC_ALL: 'C' }, stdio: 'pipe' });
    } catch (error) {
      // Out of memory, for one.
      return reject(notRun(command, error as NodeJS.ErrnoException));
    }
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(notRun(command, error));
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`not finished after ${DEADLINE_MS / 1000} s: does another process hold the lock of the rules?`);
    }, DEADLINE_MS);
    // Without a free descriptor there are no pipes, and the error comes in a moment.
    if (child.stdout === undefined) return;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_OUTPUT_BYTES) output.push(chunk);
      else child.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (errors.length < 16) errors.push(chunk);
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) resolve(Buffer.concat(output).toString('utf8'));
      else
        fail(
          lastWords(Buffer.concat(errors).toString('utf8')) ??
            (signal ? `ended by ${signal}` : `status ${status}`),
        );
    });
    // One that ends before it has read everything tells why by its status.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** A program that is missing tells something of the host; that there was no room to run it does not. */
function notRun(command: string, error: NodeJS.ErrnoException): FirewallError {
  const text = `${command}: ${error.message}`;
  return isExhausted(error) ? new ExhaustedError(text) : new FirewallError(text);
}

/** iptables' remarks of where else to look are not what has failed. */
function lastWords(text: string): string | undefined {
  const lines = text
    .split('\n')
    .filter(
      (line) => line.trim() !== '' && !line.startsWith('#') && !/^Try |^Error occurred at line/.test(line),
    );
  return lines.length === 0 ? undefined : lines.slice(0, 3).join('; ').trim();
}
