/**
 * Run as a program inside the client's namespace: runs the command of each line, a JSON array, to its end, and writes
 * `ran START END`, in nanoseconds of the time of day.
 */
import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { libc } from '../src/host/ffi/libc.ts';

/** time.h. */
const CLOCK_REALTIME = 0;

const timespec = new Uint8Array(16);
const fields = new BigInt64Array(timespec.buffer);

console.log('ready');
for await (const line of createInterface(process.stdin)) {
  const [command = '', ...args] = JSON.parse(line) as string[];
  const start = now();
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  const end = now();
  if (status !== 0) throw new Error(`${line} has ended with status ${status}`);
  console.log(`ran ${start} ${end}`);
}

function now(): bigint {
  libc.clockGettime(CLOCK_REALTIME, timespec);
  return (fields[0] ?? 0n) * 1_000_000_000n + (fields[1] ?? 0n);
}
