import { type Family, familyOf, parseAddress } from '../../core/net/address.ts';
import type { Millis } from '../../core/net/time.ts';
import type { Destination } from './destination.ts';

/** After `timed-out`, getaddrinfo(3) still runs in the thread pool and cannot be cancelled, see `exitNow`. */
export type ResolveResult =
  | { readonly kind: 'resolved'; readonly destination: Destination }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'timed-out' };

/**
 * The first address that getaddrinfo(3) returns for `host`. A numeric address, with or without a zone, is used
 * directly.
 */
export function resolveHost(
  host: string,
  family: Family | undefined,
  timeout: Millis | undefined,
): Promise<ResolveResult> {
  const numeric = parseDestination(host);
  if (numeric !== undefined) return Promise.resolve(ofFamily(numeric, family));
  return new Promise((resolve) => {
    const alarm =
      timeout === undefined ? undefined : setTimeout(() => resolve({ kind: 'timed-out' }), timeout);
    dns().lookup(host, { family: family ?? 0, order: 'verbatim' }, (error, text) => {
      clearTimeout(alarm);
      if (error !== null) return resolve({ kind: 'failed', reason: explain(error, family) });
      const destination = parseDestination(text);
      if (destination === undefined)
        return resolve({ kind: 'failed', reason: `no usable address (${text})` });
      resolve(ofFamily(destination, family));
    });
  });
}

/** Loaded only for names: a numeric address needs no DNS. */
const dns = () => process.getBuiltinModule('node:dns');

/** BOUNDED: addresses tried per host. */
const MAX_ADDRESSES = 8;

/**
 * All addresses, alternating between families, each in the order of getaddrinfo(3); not empty (RFC 8305, section 4).
 */
export function resolveAll(
  host: string,
  family: Family | undefined,
  timeout: Millis,
): Promise<readonly Destination[] | Exclude<ResolveResult, { kind: 'resolved' }>> {
  const numeric = parseDestination(host);
  if (numeric !== undefined) {
    const result = ofFamily(numeric, family);
    return Promise.resolve(result.kind === 'resolved' ? [result.destination] : result);
  }
  return new Promise((resolve) => {
    const alarm = setTimeout(() => resolve({ kind: 'timed-out' }), timeout);
    dns().lookup(host, { all: true, family: family ?? 0, order: 'verbatim' }, (error, found) => {
      clearTimeout(alarm);
      if (error !== null) return resolve({ kind: 'failed', reason: explain(error, family) });
      const all = found.map(({ address }) => parseDestination(address)).filter((one) => one !== undefined);
      resolve(all.length > 0 ? inTurn(all) : { kind: 'failed', reason: 'no usable address' });
    });
  });
}

/** Alternates between the first address's family and the other. */
function inTurn(all: readonly Destination[]): readonly Destination[] {
  const one = all.filter(({ family }) => family === all[0]?.family);
  const other = all.filter(({ family }) => family !== all[0]?.family);
  const pairs = Array.from({ length: Math.max(one.length, other.length) }, (_, i) => [one[i], other[i]]);
  return pairs
    .flat()
    .filter((to) => to !== undefined)
    .slice(0, MAX_ADDRESSES);
}

/** A numeric address, with a zone if it is IPv6, or `undefined`. */
function parseDestination(text: string): Destination | undefined {
  const at = text.indexOf('%');
  const address = parseAddress(at === -1 ? text : text.slice(0, at));
  if (address === undefined) return undefined;
  const family = familyOf(address);
  if (at === -1) return { family, address };
  const zone = text.slice(at + 1);
  return family === 6 && /^[^\s/%]+$/.test(zone) ? { family, address, zone } : undefined;
}

function ofFamily(destination: Destination, family: Family | undefined): ResolveResult {
  if (family === undefined || family === destination.family) return { kind: 'resolved', destination };
  return { kind: 'failed', reason: `it is an IPv${destination.family} address, and -${family} was given` };
}

/** getaddrinfo's error in words. The codes are those of gai_strerror(3), as libuv passes them on. */
function explain(error: NodeJS.ErrnoException, family: Family | undefined): string {
  switch (error.code) {
    case 'ENOTFOUND':
      if (family !== undefined)
        return `no such host, or it has no IPv${family} address (-${family} was given)`;
      return 'no such host (check the spelling, or give the address in digits)';
    case 'EAI_AGAIN':
      return 'no name server answered (check /etc/resolv.conf and the network, or give the address in digits)';
    default:
      return `getaddrinfo failed with ${error.code ?? error.message}`;
  }
}
