/** The numbers in front of the two halves of a code: each names a block of a thousand ports. */
export type CodePorts = readonly [number, number];

/** 64999 is the last port of its block. */
export const MAX_PREFIX = 64;

/** Ports of a block. */
export const BLOCK = 1000;
