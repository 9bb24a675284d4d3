import type { Readiness } from '../ffi/readiness.ts';

/**
 * One captured packet, from its IP header on. The capture fills the same object again for every packet: it is valid
 * until the reader returns, as are the bytes.
 */
export class Frame {
  bytes: Uint8Array = new Uint8Array(0);
  /** The packet is `bytes[start..end)`. */
  start = 0;
  end = 0;
  interfaceIndex = 0;
  /** The number of the VLAN that the frame is tagged with, 0 for none: 0 in a tag gives but a priority (IEEE 802.1Q). */
  vlan = 0;
  /** Whether the link layer delivered it to this host, rather than to another one. */
  toThisHost = true;
  /** Arrival in seconds and nanoseconds of the clock of day. */
  seconds = 0;
  nanoseconds = 0;
}

export type CaptureCounters = {
  /** Packets that the filter passed. */
  readonly passed: number;
  /** Of those, packets lost because the reader was too slow. */
  readonly dropped: number;
};

/** A stream of packets that match a filter. */
export interface Capture {
  /** From now on only packets that match the pcap-filter(7) expression are captured; an empty one matches none. */
  setFilter(expression: string): void;
  /** Hands over what has arrived, oldest first, at most `limit` packets. Returns how many there were. */
  drain(limit: number, take: (frame: Frame) => void): number;
  /** Whether more than so many packets wait to be handed over. */
  holds(count: number): boolean;
  /** Calls back whenever there is something to drain. */
  watch(onReadable: () => void): Readiness;
  /** Since the capture was opened. */
  counters(): CaptureCounters;
  close(): void;
}
