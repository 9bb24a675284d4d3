import { type FlagRule, TCP_FLAG } from '../net/tcp-flags.ts';

/** The prefixes of a code's two halves: each stands for a block of a thousand ports. */
export type CodePorts = readonly [number, number];

/** 64999 is the last port of its block. */
export const MAX_PREFIX = 64;

export const isCodePrefix = (text: string): boolean =>
  /^[1-9][0-9]?$/.test(text) && Number(text) <= MAX_PREFIX;

/** Ports per block. */
export const BLOCK = 1000;

/** A TCP packet that can be half of a code opens a connection, as every client's knock does. An answer never does. */
export const CODE_FLAGS: FlagRule = {
  mask: TCP_FLAG.syn | TCP_FLAG.ack | TCP_FLAG.rst | TCP_FLAG.fin,
  value: TCP_FLAG.syn,
};
