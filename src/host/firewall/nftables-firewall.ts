import { type AttachPoint, renderAttachPoint } from '../../core/door/attach-point.ts';
import { type Address, familyOf } from '../../core/net/address.ts';
import { homesFor, renderGrant, renderRevoke } from '../../core/nft/elements.ts';
import { guestHomes, renderGuestPart } from '../../core/nft/guest-part.ts';
import { type Home, OWN_HOME, renderHome } from '../../core/nft/home.ts';
import { renderOwnTable } from '../../core/nft/own-table.ts';
import { renderRemoval } from '../../core/nft/removal.ts';
import { setName } from '../../core/nft/set-name.ts';
import { LibnftablesError, type Nftables, openNftables } from '../ffi/libnftables.ts';
import type { Readiness } from '../ffi/readiness.ts';
import { type Firewall, FirewallError, type Gate, type Grant } from './firewall.ts';
import { findAnchors } from './nft-anchors.ts';
import { listElements, listSetNames } from './nft-listing.ts';
import { findTraces, renderStanding } from './nft-traces.ts';
import { watchRules } from './rule-watch.ts';
import { UsedGrants } from './used-grants.ts';

/** `attach`: chains of somebody else's that are to honour the doors; without any, Bussa has a table of its own. */
export type NftablesOptions = { readonly attach?: readonly AttachPoint[] };

/** nftables in the network namespace of this process, through libnftables. */
export function openNftablesFirewall({ attach = [] }: NftablesOptions = {}): Firewall {
  return new NftablesFirewall(translated('open nftables', openNftables), attach);
}

class NftablesFirewall implements Firewall {
  readonly closesByItself = true;
  readonly name: string;
  readonly #nft: Nftables;
  readonly #attach: readonly AttachPoint[];
  readonly #homes: readonly Home[];
  readonly #used = new UsedGrants();
  #singleUse: ReadonlySet<string> = new Set();
  /** What `install` has left; '' before. */
  #standing = '';

  constructor(nft: Nftables, attach: readonly AttachPoint[]) {
    this.#nft = nft;
    this.#attach = attach;
    this.#homes = attach.length === 0 ? [OWN_HOME] : guestHomes(attach);
    this.name =
      attach.length === 0
        ? `nftables, table ${renderHome(OWN_HOME)}`
        : `nftables, attached to ${attach.map(renderAttachPoint).join(', ')}`;
  }

  async install(gates: readonly Gate[], grants: readonly Grant[]): Promise<void> {
    requireHomes(this.#homes, grants);
    translated(`install Bussa's part of ${this.name}`, () =>
      twice(() => {
        this.#observeUsed();
        const open = grants.filter(({ door, source, left }) => left > 0 && !this.#used.isUsed(door, source));
        const traces = findTraces(this.#nft);
        const part =
          this.#attach.length === 0
            ? renderOwnTable(gates, open)
            : renderGuestPart(findAnchors(this.#nft, this.#attach, gates), gates, open);
        this.#run([...renderRemoval(traces), ...part]);
        this.#standing = this.#readStanding();
      }),
    );
    this.#singleUse = new Set(gates.filter(({ singleUse }) => singleUse).map(({ door }) => door));
    this.#used.keep(grants.filter(({ door }) => this.#singleUse.has(door)));
  }

  async grant(grant: Grant): Promise<void> {
    if (grant.left <= 0) return this.revoke(grant.door, grant.source);
    requireHomes(this.#homes, [grant]);
    const commands = renderGrant(this.#homes, grant);
    translated(`open door ${grant.door} for ${grant.source} in ${this.name}`, () => this.#run(commands));
    if (this.#singleUse.has(grant.door)) this.#used.give(grant.door, grant.source);
  }

  async revoke(door: string, source: Address): Promise<void> {
    translated(`close door ${door} for ${source} in ${this.name}`, () => {
      try {
        this.#run(renderRevoke(this.#homes, door, source));
      } catch (error) {
        // Where somebody has taken the set away, nothing is open through it.
        const sets = listSetNames(this.#nft);
        const left = this.#homes.filter((home) =>
          sets.has(`${renderHome(home)} ${setName(home.prefix, door, familyOf(source))}`),
        );
        if (left.length === this.#homes.length) throw error;
        this.#run(renderRevoke(left, door, source));
      }
    });
    this.#used.forget(door, source);
  }

  async isInPlace(): Promise<boolean> {
    if (this.#standing === '') return false;
    return translated(`list ${this.name}`, () => twice(() => this.#readStanding() === this.#standing));
  }

  watch(onChange: () => void): Readiness {
    return watchRules(onChange);
  }

  async remove(): Promise<void> {
    translated(`remove Bussa's part of ${this.name}`, () =>
      twice(() => this.#run(renderRemoval(findTraces(this.#nft)))),
    );
    this.#standing = '';
    this.#used.keep([]);
  }

  close(): void {
    this.#nft.close();
  }

  /** One buffer is one transaction. */
  #run(commands: readonly string[]): void {
    if (commands.length > 0) this.#nft.run(`${commands.join('\n')}\n`);
  }

  #readStanding(): string {
    return renderStanding(this.#nft, this.#homes.map(renderHome));
  }

  /** Looks which single-use grants have been used, while their elements can still tell. */
  #observeUsed(): void {
    if (this.#singleUse.size === 0) return;
    const sets = listSetNames(this.#nft);
    for (const door of this.#singleUse) {
      for (const family of [4, 6] as const) {
        const names = this.#homes
          .map((home) => `${renderHome(home)} ${setName(home.prefix, door, family)}`)
          .filter((name) => sets.has(name));
        if (names.length > 0) this.#used.observe(door, family, listElements(this.#nft, names));
      }
    }
  }
}

/** Somebody else may change the rules between what was listed and what was done: once more, then. */
function twice<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LibnftablesError)) throw error;
    return act();
  }
}

/** Doors open for addresses of both families: tables that see one alone cannot let the other in. */
function requireHomes(homes: readonly Home[], grants: readonly Grant[]): void {
  const homeless = grants.find(({ source }) => homesFor(homes, source).length === 0);
  if (homeless === undefined) return;
  const family = familyOf(homeless.source) === 4 ? 'ip' : 'ip6';
  throw new FirewallError(
    `cannot open door ${homeless.door} for ${homeless.source}: none of the tables in attach sees its packets; ` +
      `add a chain of family inet or ${family}`,
  );
}

function translated<Result>(what: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LibnftablesError)) throw error;
    const remedy = error.message.includes('Operation not permitted')
      ? ': run it as root, or grant the capability cap_net_admin'
      : '';
    throw new FirewallError(`cannot ${what}: ${error.message}${remedy}`, { cause: error });
  }
}
