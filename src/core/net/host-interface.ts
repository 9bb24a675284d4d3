import type { Address } from './address.ts';

/** A network interface of this host as the kernel has it now. */
export type HostInterface = {
  readonly index: number;
  readonly name: string;
  /** Administratively up. */
  readonly up: boolean;
  readonly addresses: readonly Address[];
  /** It has a default route, IPv4 or IPv6. */
  readonly defaultRoute: boolean;
  /** The kernel's word for its kind, if it is not a plain device: `bridge`, `vlan`, `vrf`, `bond`, …. */
  readonly type?: string;
  /** Packets that this host sends to itself arrive on it. */
  readonly loopback?: boolean;
  /** The index of the bridge, bond or VRF that it belongs to. */
  readonly master?: number;
  /** For a VLAN: its number, and the index of the interface that carries it. */
  readonly vlan?: { readonly of: number; readonly id: number };
  /** For a VRF: its routing table. */
  readonly table?: number;
};

export type InterfaceChange =
  | { readonly kind: 'appeared' | 'vanished' | 'up' | 'down'; readonly name: string }
  | { readonly kind: 'address-added' | 'address-removed'; readonly name: string; readonly address: Address }
  | { readonly kind: 'default-route' | 'no-default-route'; readonly name: string };

/** The changes, per interface. The same name with another index is another interface. */
export function compareInterfaces(
  before: readonly HostInterface[],
  now: readonly HostInterface[],
): InterfaceChange[] {
  const old = new Map(before.map((one) => [one.index, one]));
  const current = new Set(now.map((one) => `${one.index} ${one.name}`));
  const changes: InterfaceChange[] = before
    .filter((one) => !current.has(`${one.index} ${one.name}`))
    .map((one) => ({ kind: 'vanished', name: one.name }));
  for (const one of now) {
    const known = old.get(one.index);
    if (known === undefined || known.name !== one.name) {
      changes.push({ kind: 'appeared', name: one.name }, ...compareOne(absent(one), one));
    } else {
      changes.push(...compareOne(known, one));
    }
  }
  return changes;
}

const absent = (one: HostInterface): HostInterface => ({
  ...one,
  up: false,
  addresses: [],
  defaultRoute: false,
});

function compareOne(before: HostInterface, now: HostInterface): InterfaceChange[] {
  const { name } = now;
  const changes: InterfaceChange[] = [];
  if (before.up !== now.up) changes.push({ kind: now.up ? 'up' : 'down', name });
  const old = new Set(before.addresses);
  const current = new Set(now.addresses);
  for (const address of now.addresses) {
    if (!old.has(address)) changes.push({ kind: 'address-added', name, address });
  }
  for (const address of before.addresses) {
    if (!current.has(address)) changes.push({ kind: 'address-removed', name, address });
  }
  if (before.defaultRoute !== now.defaultRoute) {
    changes.push({ kind: now.defaultRoute ? 'default-route' : 'no-default-route', name });
  }
  return changes;
}
