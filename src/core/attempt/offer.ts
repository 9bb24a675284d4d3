/** What became of a packet as a whole. */
export const OFFER = {
  /** No door has the port, or none that has it listens to such a packet. */
  ignored: 0,
  /** Seen before: a retransmission, or a second look at the same packet. */
  retransmission: 1,
  /** A knock at one door at least. */
  knock: 2,
  /** No knock: it touched a decoy port, and its source is in penalty since then. */
  penalty: 3,
  /** The last right knock of an attempt once more, by another packet, where another one is due: it counts for nothing. */
  repeat: 4,
} as const;

export type Offer = (typeof OFFER)[keyof typeof OFFER];

/** Where a packet is sent to. */
export const WATCHED = { nothing: 0, knockPort: 1, decoyPort: 2 } as const;

export type Watched = (typeof WATCHED)[keyof typeof WATCHED];
