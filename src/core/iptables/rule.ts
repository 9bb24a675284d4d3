/** The words of a rule after `-A CHAIN`. None contains a space. */
export type Rule = readonly string[];

/** The first segment of a connection: the only kind that can begin one. */
export const FIRST_SEGMENT = ['--tcp-flags', 'SYN,ACK', 'SYN'] as const;
