import { type Address, familyOf } from '../net/address.ts';
import { type Prefix, prefixAround, prefixHas, prefixWidth } from '../net/prefix.ts';

type Holder = { readonly source: Address; readonly opened?: { readonly prefix6?: number } };

/** Who a lease lets in: its source, or the IPv6 prefix around it. */
export function leasePrefix({ source, opened }: Holder): Prefix {
  const length = opened?.prefix6;
  return length === undefined || familyOf(source) === 4
    ? { base: source, length: prefixWidth(source) }
    : prefixAround(source, length);
}

/** Whether the lease lets this address in. */
export function coversAddress(lease: Holder, address: Address): boolean {
  if (lease.source === address) return true;
  return lease.opened?.prefix6 !== undefined && prefixHas(leasePrefix(lease), address);
}
