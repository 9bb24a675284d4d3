import { useEffect, useState } from 'preact/hooks';

const TICK_MS = 1000;

/** One timer for all countdowns. BOUNDED: by what is shown. */
const listeners = new Set<(now: number) => void>();

setInterval(() => {
  const now = performance.now();
  for (const listener of listeners) listener(now);
}, TICK_MS);

/** `performance.now()`, updated every second. */
export function useNow(): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    listeners.add(setNow);
    return () => void listeners.delete(setNow);
  }, []);
  return now;
}
