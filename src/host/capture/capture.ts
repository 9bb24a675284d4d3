import type { Readiness } from '../ffi/readiness.ts';

/**
 * One captured packet, starting at its IP header. The capture reuses the same object for every packet: it and its bytes
 * are valid until the reader returns.
 */
export class Frame {
  bytes: Uint8Array = new Uint8Array(0);
  /** The packet is `bytes[start..end)`. */
  start = 0;
  end = 0;
  interfaceIndex = 0;
  /** The VLAN number of the frame's tag, 0 for none: a tag with number 0 carries only a priority (IEEE 802.1Q). */
  vlan = 0;
  /** Whether the link layer delivered it to this host, rather than to another one. */
  toThisHost = true;
  /** Arrival time by the wall clock, in seconds and nanoseconds. */
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
  /** Sets the pcap-filter(7) expression of the packets to capture. An empty one matches none. */
  setFilter(expression: string): void;
  /** Passes on what has arrived, oldest first, at most `limit` packets. Returns their number. */
  drain(limit: number, take: (frame: Frame) => void): number;
  /** Whether more than `count` packets are waiting. */
  holds(count: number): boolean;
  /** Calls back whenever packets are waiting. */
  watch(onReadable: () => void): Readiness;
  /** Since the capture was opened. */
  counters(): CaptureCounters;
  close(): void;
}
