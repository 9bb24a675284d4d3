/** The result for the packet as a whole. */
export const OFFER = {
  /** No door has the port, or none with the port listens to such a packet. */
  ignored: 0,
  /** Seen before: a retransmission, or a second sighting of the same packet. */
  retransmission: 1,
  /** A knock at one door at least. */
  knock: 2,
  /** Not a knock: it touched a decoy port, and its source is now under penalty. */
  penalty: 3,
  /** A repeat of an attempt's last right knock by another packet, while another one is due: it has no effect. */
  repeat: 4,
} as const;

export type Offer = (typeof OFFER)[keyof typeof OFFER];

/** Where a packet is sent to. */
export const WATCHED = { nothing: 0, knockPort: 1, decoyPort: 2 } as const;

export type Watched = (typeof WATCHED)[keyof typeof WATCHED];
