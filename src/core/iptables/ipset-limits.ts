import { type Millis, seconds } from '../net/time.ts';

/**
 * IPSET_MAX_TIMEOUT of the kernel's linux/netfilter/ipset/ip_set.h: UINT_MAX milliseconds in seconds, halved; 24.8
 * days.
 */
export const MAX_TIMEOUT = seconds(2_147_483);

/** BOUNDED: the kernel refuses more elements, and thereby the lease. 60 bytes each, allocated on demand. */
export const MAX_ELEMENTS = 262_144;

/** Whole seconds, as ipset counts; never 0, which means for ever. `longest`: the upper limit. */
export function timeoutSeconds(left: Millis, longest: Millis = MAX_TIMEOUT): number {
  return Math.max(1, Math.ceil(Math.min(left, longest) / 1000));
}
