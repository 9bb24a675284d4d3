/** Rate at which packets of one key are recorded: a user cannot fill the record. */
export const KEY_RATE = { burst: 40, perSecond: 10 } as const;

/** BOUNDED: keys whose rates are remembered. */
export const MAX_KEYS = 16_384;
