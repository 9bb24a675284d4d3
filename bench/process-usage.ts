import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of all threads of a process in microseconds, from the scheduler's own count in nanoseconds. */
export function cpuMicros(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const nanos = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanos.reduce((sum, value) => sum + value, 0) / 1000;
}

export type Usage = { readonly cpuMicros: number; readonly wakeUps: number };

/** CPU time of all threads, and how often they have gone to sleep, as proc(5) counts it, which is to be woken again. */
export function usageOf(pid: number): Usage {
  const wakeUps = readdirSync(`/proc/${pid}/task`).map((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
    return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]);
  });
  return { cpuMicros: cpuMicros(pid), wakeUps: wakeUps.reduce((sum, value) => sum + value, 0) };
}

export type Memory = { readonly resident: number; readonly private: number };

/** Bytes resident, and those of them that stand behind no file: what the process costs beyond its program's pages. */
export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (field: string): number =>
    1024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { resident: bytes('Rss'), private: bytes('Anonymous') };
}
