import { type Address, parseAddress, unmapped } from '../../core/net/address.ts';
import { UsageError } from './read-options.ts';

/** `::ffff:192.0.2.7`, as some logs write it, becomes 192.0.2.7. Throws a `UsageError`. */
export function parseSource(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return unmapped(address);
  throw new UsageError(
    `'${text}' is not an address: give an IPv4 or IPv6 address, such as 192.0.2.7 or 2001:db8::7, without a name, a zone or a prefix`,
  );
}
