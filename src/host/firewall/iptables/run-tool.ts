import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { isExhausted } from '../../ffi/is-exhausted.ts';
import { requireRoomToSpawn } from '../../ffi/require-room-to-spawn.ts';
import { ExhaustedError, FirewallError } from '../contract/firewall.ts';

/** No firewall command takes this long: a hanging one is killed and has failed. */
const DEADLINE_MS = 10_000;

/** BOUNDED: bytes of a command's output. A longer listing is an error. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Directories of these commands, whatever PATH the daemon was started with. */
const PATH = [process.env.PATH ?? '', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].filter(Boolean).join(':');

/** Runs a command without a shell. Resolves to its output; rejects with a `FirewallError` that quotes its last line. */
export function runTool(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new FirewallError(`${[command, ...args].join(' ')}: ${why}`));
    let child: ChildProcessWithoutNullStreams;
    try {
      requireRoomToSpawn(3, command);
      child = spawn(command, args, { env: { PATH, LC_ALL: 'C' }, stdio: 'pipe' });
    } catch (error) {
      // Out of memory, for example.
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
    // Without a free descriptor there are no pipes; the error event follows.
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
    // If the program ends before it has read everything, its status tells why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** A missing program is a fact about the host. A lack of resources to run it is not. */
function notRun(command: string, error: NodeJS.ErrnoException): FirewallError {
  const text = `${command}: ${error.message}`;
  return isExhausted(error) ? new ExhaustedError(text) : new FirewallError(text);
}

/** Skips iptables' hints about where to find help. */
function lastWords(text: string): string | undefined {
  const lines = text
    .split('\n')
    .filter(
      (line) => line.trim() !== '' && !line.startsWith('#') && !/^Try |^Error occurred at line/.test(line),
    );
  return lines.length === 0 ? undefined : lines.slice(0, 3).join('; ').trim();
}
