import { type Address, parseAddress } from '../net/address.ts';
import { type Prefix, parsePrefix } from '../net/prefix.ts';
import { type Instant, instant, type Millis, millis } from '../net/time.ts';
import { quoteText } from '../text/quote-text.ts';

/** A request that cannot be understood, in words for who made it. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/** Reads one field's value; `undefined` for what it cannot be. */
type FieldReader<T> = { readonly read: (value: unknown) => T | undefined; readonly is: string };

type Shape = Readonly<Record<string, FieldReader<unknown>>>;

type Values<S extends Shape> = {
  readonly [K in keyof S]?: S[K] extends FieldReader<infer T> ? T : never;
};

/** Every field of the request by its reader, and no other field. Throws a `RequestError`. */
export function readRequest<S extends Shape>(
  request: Readonly<Record<string, unknown>>,
  shape: S,
): Values<S> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request)) {
    if (name === 'verb') continue;
    const reader = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (reader === undefined) throw new RequestError(`this verb has no field ${quoteText(name)}`);
    const read = reader.read(value);
    if (read === undefined) throw new RequestError(`the field ${quoteText(name)} is not ${reader.is}`);
    values[name] = read;
  }
  return values as Values<S>;
}

/** The value, or a `RequestError` where the request has none. */
export function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new RequestError(`the field ${quoteText(name)} is missing`);
  return value;
}

export const TEXT: FieldReader<string> = {
  read: (value) => (typeof value === 'string' ? value : undefined),
  is: 'a text',
};

export const ADDRESS: FieldReader<Address> = {
  read: (value) => (typeof value === 'string' ? parseAddress(value) : undefined),
  is: 'an address: give one of IPv4 or IPv6, without a zone, a prefix or a name',
};

export const PREFIX: FieldReader<Prefix> = {
  read: (value) => (typeof value === 'string' ? parsePrefix(value) : undefined),
  is: 'an address or a prefix: give one such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48, without bits behind its length',
};

export const YES: FieldReader<true> = {
  read: (value) => (value === true ? true : undefined),
  is: 'true; leave it out instead',
};

/** Milliseconds of the clock of day. */
export const MOMENT: FieldReader<Instant> = {
  read: (value) => (isNumber(value) ? instant(value) : undefined),
  is: 'a moment, in milliseconds since 1970',
};

/** Milliseconds. */
export const LENGTH: FieldReader<Millis> = {
  read: (value) => (isNumber(value) && value > 0 ? millis(value) : undefined),
  is: 'a length of time, in milliseconds',
};

export const COUNT: FieldReader<number> = {
  read: (value) => (isNumber(value) && Number.isInteger(value) && value > 0 ? value : undefined),
  is: 'a whole number above 0',
};

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
