import koffi from 'koffi';

/** linux/timex.h: adjtimex(2) returns this for a clock that has not been synchronised for a while. */
const TIME_ERROR = 5;
/** More than the size of `struct timex` on every architecture (208 bytes with 64-bit long). */
const TIMEX_BYTES = 512;

const adjtimex = koffi.load('libc.so.6').func('int adjtimex(uint8_t *buf)') as (timex: Uint8Array) => number;

/** Whether NTP or similar synchronises the wall clock; `undefined`: the kernel does not say. */
export function isClockSynchronised(): boolean | undefined {
  // With all modes 0 it only reads.
  const state = adjtimex(new Uint8Array(TIMEX_BYTES));
  return state < 0 ? undefined : state !== TIME_ERROR;
}
