import type { LeaseId } from '../lease/lease.ts';
import { type Address, parseAddress } from '../net/address.ts';
import { type Prefix, parsePrefix, renderPrefix } from '../net/prefix.ts';
import { type Instant, instant, type Millis, millis } from '../net/time.ts';
import { type Reader, WrongValue } from './reader.ts';

/** ECMA-262, Time Values: the range of a `Date`, in milliseconds before and after 1970. */
const MAX_MOMENT = 8.64e15;

function reader<T>(is: string, read: (value: unknown) => T | undefined): Reader<T> {
  return { is, read: (value) => read(value) ?? new WrongValue(is) };
}

export const TEXT: Reader<string> = reader('a text', (value) =>
  typeof value === 'string' ? value : undefined,
);

export const LEASE_ID: Reader<LeaseId> = reader('the name of a lease', (value) =>
  typeof value === 'string' ? (value as LeaseId) : undefined,
);

export const ADDRESS: Reader<Address> = reader(
  'an address: give one of IPv4 or IPv6, without a zone, a prefix or a name',
  (value) => (typeof value === 'string' ? parseAddress(value) : undefined),
);

export const PREFIX: Reader<Prefix> = {
  ...reader(
    'an address or a prefix: give one such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48, without bits behind its length',
    (value) => (typeof value === 'string' ? parsePrefix(value) : undefined),
  ),
  write: renderPrefix,
};

export const YES: Reader<true> = reader('true; leave it out instead', (value) =>
  value === true ? true : undefined,
);

export const FLAG: Reader<boolean> = reader('true or false', (value) =>
  typeof value === 'boolean' ? value : undefined,
);

/** Milliseconds of the wall clock. */
export const MOMENT: Reader<Instant> = reader('a moment, in milliseconds since 1970', (value) =>
  isNumber(value) && Math.abs(value) <= MAX_MOMENT ? instant(value) : undefined,
);

/** Milliseconds. */
export const LENGTH: Reader<Millis> = reader('a length of time, in milliseconds', (value) =>
  isNumber(value) && value > 0 ? millis(value) : undefined,
);

/** Milliseconds, including 0. */
export const SPAN: Reader<Millis> = reader('a length of time, in milliseconds', (value) =>
  isNumber(value) ? millis(value) : undefined,
);

export const COUNT: Reader<number> = reader('a whole number above 0', (value) =>
  isNumber(value) && Number.isInteger(value) && value > 0 ? value : undefined,
);

export const NUMBER: Reader<number> = reader('a number', (value) => (isNumber(value) ? value : undefined));

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
