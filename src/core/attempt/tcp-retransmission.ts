/** net/tcp.h: TCP_TIMEOUT_INIT. sysctl tcp_syn_linear_timeouts (4 since Linux 6.5) adds more waits of this length. */
const FIRST_WAIT_MS = 1000;
const LINEAR_WAITS = 4;
const WAITS = 7;

/** kernel/time/timer.c: long timers are rounded up, by an eighth at most. */
const LATENESS = 1 / 8;
/** Variation of the network delay. */
const JITTER_MS = 150;

/**
 * Whether a copy arrives when TCP repeats an unanswered SYN: after 1, 2, 4 … 64 s, the first wait once or five times.
 * `elapsed`: from the packet to its last copy; `gap`: from that one to this one, in ms. An abandoned connection attempt
 * keeps sending SYNs for two minutes, and must not open a door again after it was closed.
 */
export function isTcpRetransmission(elapsed: number, gap: number): boolean {
  for (let n = 1; n < WAITS; n++) {
    const wait = FIRST_WAIT_MS * 2 ** n;
    if (!isNear(gap, wait)) continue;
    const before = wait - FIRST_WAIT_MS;
    return isNear(elapsed, before) || isNear(elapsed, before + LINEAR_WAITS * FIRST_WAIT_MS);
  }
  return false;
}

function isNear(time: number, wait: number): boolean {
  return time >= wait - JITTER_MS && time <= wait * (1 + LATENESS) + JITTER_MS;
}
