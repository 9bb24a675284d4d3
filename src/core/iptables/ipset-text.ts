import { type Address, type Family, familyOf } from '../net/address.ts';
import { type Millis, seconds } from '../net/time.ts';
import { doorSet, isOwnSet, nextSet } from './part-names.ts';

type SetGrant = { readonly door: string; readonly source: Address; readonly left: Millis };

/** IPSET_MAX_TIMEOUT of the kernel's linux/netfilter/ipset/ip_set.h: UINT_MAX milliseconds in seconds, halved; 24.8 days. */
export const MAX_TIMEOUT = seconds(2_147_483);

/** BOUNDED: the kernel refuses the element after these, and the lease with it. 60 bytes each, as they come. */
const MAX_ELEMENTS = 262_144;

/** Whole seconds, as ipset counts; never 0, which is for ever. `longest`: what is longer ends by then. */
export function timeoutSeconds(left: Millis, longest: Millis = MAX_TIMEOUT): number {
  return Math.max(1, Math.ceil(Math.min(left, longest) / 1000));
}

/**
 * What `ipset -exist restore` is to read so that the doors' sets hold these grants and no others. Each set is filled
 * beside the old one and then takes its place at once.
 */
export function renderSets(
  families: readonly Family[],
  doors: readonly string[],
  grants: readonly SetGrant[],
  longest: Millis = MAX_TIMEOUT,
): string {
  const lines = families.flatMap((family) => {
    const next = nextSet(family);
    return doors.flatMap((door) => {
      const own = grants.filter((grant) => grant.door === door && familyOf(grant.source) === family);
      return [
        create(doorSet(door, family), family),
        create(next, family),
        // A crash may have left it with something in it.
        `flush ${next}`,
        ...own.map(({ source, left }) => `add ${next} ${source} timeout ${timeoutSeconds(left, longest)}`),
        `swap ${next} ${doorSet(door, family)}`,
        `destroy ${next}`,
      ];
    });
  });
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * Takes away all sets of Bussa's that `listing` (`ipset list -t`) has, but for those of `kept` and those that rules still
 * ask: the kernel refuses to.
 */
export function renderSetRemoval(listing: string, kept: ReadonlySet<string>): string {
  const sets = [...listing.matchAll(/^Name: (\S+)$[\s\S]*?^References: (\d+)$/gm)];
  const doomed = sets.flatMap(([, name = '', references]) =>
    isOwnSet(name) && !kept.has(name) && references === '0' ? [name] : [],
  );
  return doomed.map((name) => `destroy ${name}\n`).join('');
}

function create(name: string, family: Family): string {
  const inet = family === 4 ? 'inet' : 'inet6';
  return `create ${name} hash:ip family ${inet} maxelem ${MAX_ELEMENTS} timeout 0`;
}
