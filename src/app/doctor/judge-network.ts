import type { InterfaceSetting } from '../../core/config/values/parse-interfaces.ts';
import type { Finding, Fix } from '../../core/doctor/finding.ts';
import { look, ok, problem, warning } from '../../core/doctor/finding.ts';
import { type Address, familyOf } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';

/** RFC 1918, RFC 6598 and RFC 4193: a router has to forward knocks to these addresses. */
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd])/;
/** RFC 3927 and RFC 4291 section 2.5.6: valid only on their link. */
const LINK_LOCAL = /^(?:169\.254\.|fe[89ab])/;

/** The interfaces on which strangers arrive. */
export function outerInterfaces(
  interfaces: readonly HostInterface[],
  choice: InterfaceSetting | undefined,
): readonly HostInterface[] {
  const outer = interfaces.filter(({ name }) => name !== 'lo');
  if (choice?.kind === 'named') return outer.filter(({ name }) => choice.names.includes(name));
  const routed = outer.filter(({ defaultRoute }) => defaultRoute);
  return routed.length > 0 ? routed : outer.filter(({ up }) => up);
}

export const usableAddresses = (interfaces: readonly HostInterface[]): readonly Address[] =>
  interfaces.flatMap(({ up, addresses }) => (up ? addresses : [])).filter((one) => !LINK_LOCAL.test(one));

/**
 * Whether the watched interfaces exist, are up, and have a reachable address. `ipv6`: whether knocks over IPv6 count.
 */
export function judgeNetwork(
  interfaces: readonly HostInterface[],
  choice: InterfaceSetting | undefined,
  ipv6: boolean,
): Finding[] {
  const names = choice?.kind === 'named' ? choice.names : [];
  const missing = names.filter((name) => !interfaces.some((one) => one.name === name));
  const down = interfaces.filter(({ name, up }) => names.includes(name) && !up).map(({ name }) => name);
  const outer = outerInterfaces(interfaces, choice);
  const asleep = interfaces.filter(({ name, up }) => name !== 'lo' && !up).map(({ name }) => name);
  return [judgeLinks(missing, down, outer, asleep), judgeAddresses(outer, ipv6)];
}

function judgeLinks(
  missing: readonly string[],
  down: readonly string[],
  outer: readonly HostInterface[],
  asleep: readonly string[],
): Finding {
  const id = 'interface-up';
  const [first] = missing;
  if (first !== undefined)
    return problem(id, `the configured interface ${first} does not exist`, look('ip link'));
  const [sleeping] = down;
  if (sleeping !== undefined) return problem(id, `interface ${sleeping} is down`, linkUp(down));
  if (outer.length === 0) {
    const message = 'only loopback is up';
    const [only, ...others] = asleep;
    return problem(id, message, only === undefined || others.length > 0 ? look('ip link') : linkUp([only]));
  }
  return ok(id, `up: ${outer.map(({ name }) => name).join(', ')}`);
}

const linkUp = (names: readonly string[]): Fix<'link-up'> => ({
  by: 'link-up',
  command: names.map((name) => `ip link set ${name} up`).join(' && '),
});

function judgeAddresses(outer: readonly HostInterface[], ipv6: boolean): Finding {
  const id = 'address';
  const addresses = usableAddresses(outer).filter((one) => ipv6 || familyOf(one) === 4);
  if (addresses.length === 0) {
    return problem(id, 'no interface has an address that other hosts can reach', look('ip address'));
  }
  const shown = addresses.slice(0, 4).join(', ');
  if (addresses.every((one) => PRIVATE.test(one))) {
    const message = `${shown}: private, so a router has to forward the knocks from the Internet too, not only the door's port`;
    return warning(id, message, {
      hint: 'forward the knock ports in the router, or knock from inside the network',
    });
  }
  return ok(id, `other hosts can reach ${shown}`);
}
