import koffi from 'koffi';

/** linux/timex.h: adjtimex(2) says so of a clock that nothing has set right for a while. */
const TIME_ERROR = 5;
/** Above the size of `struct timex` on every architecture (208 bytes where long has 64 bits). */
const TIMEX_BYTES = 512;

const adjtimex = koffi.load('libc.so.6').func('int adjtimex(uint8_t *buf)') as (timex: Uint8Array) => number;

/** Whether something such as NTP keeps the wall clock right; `undefined` where the kernel does not say. */
export function isClockSynchronised(): boolean | undefined {
  // All modes are 0: it only asks.
  const state = adjtimex(new Uint8Array(TIMEX_BYTES));
  return state < 0 ? undefined : state !== TIME_ERROR;
}
