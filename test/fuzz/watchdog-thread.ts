// The thread of watchdog.ts.

import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const { index, stallMs, target, seed } = workerData as {
  readonly index: Int32Array;
  readonly stallMs: number;
  readonly target: string;
  readonly seed: number;
};

let seen = -1;
setInterval(() => {
  const now = Atomics.load(index, 0);
  if (now === seen) {
    const again = `--target ${target} --seed ${seed} --from ${now} --count 1`;
    writeSync(2, `${target}: input ${now} does not end: npm run fuzz -- ${again}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  seen = now;
}, stallMs);
