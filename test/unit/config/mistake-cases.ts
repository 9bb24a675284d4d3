import assert from 'node:assert/strict';
import { it } from 'node:test';
import { complaints } from './config-text.ts';

export type Cases = Readonly<Record<string, readonly [text: string, ...expected: string[]]>>;

/** Runs `frame(text)` for each case and compares all diagnostics. */
export function check(cases: Cases, frame: (text: string) => string = (text) => text): void {
  for (const [name, [text, ...expected]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(complaints(frame(text)), expected));
  }
}

export const FLAGS =
  'flags are fin, syn, rst, psh, ack, urg, separated by commas, each with "!" before it if it must not be set';
export const PORT = 'a port is a number from 1 to 65535';
export const TIMEOUT = 'a timeout is whole seconds from 0 to 2147483647, as in 10';
export const TARGET = 'write one such as 192.0.2.1 or 2001:db8::1, no name, prefix or zone';
