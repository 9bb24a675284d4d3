import { type Port, parsePort } from '../net/port.ts';
import { CODE_DIGITS } from './totp.ts';

/** Digits of a code in one port, after the block's prefix. */
const CHUNK = 3;

/** The ports to knock for a code: each block's prefix followed by the next digits. `undefined`: they do not fit. */
export function portsOfCode(code: string, prefixes: readonly number[]): readonly Port[] | undefined {
  if (!/^[0-9]+$/.test(code) || prefixes.length !== Math.ceil(code.length / CHUNK)) return undefined;
  const ports = prefixes.map((prefix, i) => parsePort(`${prefix}${code.slice(i * CHUNK, (i + 1) * CHUNK)}`));
  return ports.includes(undefined) ? undefined : (ports as readonly Port[]);
}

/** `492817`, also as people and apps write it: `492 817`. */
export function parseTypedCode(text: string): string | undefined {
  const bare = text.replaceAll(/[ -]/g, '');
  return new RegExp(`^[0-9]{${CODE_DIGITS}}$`).test(bare) ? bare : undefined;
}
