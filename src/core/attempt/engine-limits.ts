export type EngineLimits = {
  /** Maximum pending attempts. */
  readonly attempts: number;
  /** Packets remembered to detect retransmissions. */
  readonly recentPackets: number;
};

/** At most 52 MiB of attempts and 3 MiB of packets, resident only as far as used. */
export const DEFAULT_LIMITS: EngineLimits = { attempts: 1_048_576, recentPackets: 262_144 };
