/** The words of one rule behind `-A CHAIN`; none has a space in it. */
export type Rule = readonly string[];

/** The first segment of a connection: the only kind that can make one. */
export const FIRST_SEGMENT = ['--tcp-flags', 'SYN,ACK', 'SYN'] as const;
