import type { Address, Family } from '../../core/net/address.ts';

/** Where knocks go. The zone is the name or number of the interface on which a link-local IPv6 address is valid. */
export type Destination = {
  readonly family: Family;
  readonly address: Address;
  readonly zone?: string;
};

/** As getnameinfo(3) prints it: `fe80::1%eth0`. */
export function renderDestination({ address, zone }: Destination): string {
  return zone === undefined ? address : `${address}%${zone}`;
}
