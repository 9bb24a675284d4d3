import { type AttachPoint, renderAttachPoint } from '../../core/door/attach-point.ts';
import { portsOn } from '../../core/door/port-opening.ts';
import type { PathChain } from '../../core/firewall/choose-firewall.ts';
import { type Address, familyOf } from '../../core/net/address.ts';
import { changesForGrants, changesForRevoke, homesFor, renderLook } from '../../core/nft/elements.ts';
import { type Anchor, guestHomes, renderGuestPart } from '../../core/nft/guest-part.ts';
import { type Home, OWN_HOME, PATHS, type Path, renderHome } from '../../core/nft/home.ts';
import { renderOwnTable } from '../../core/nft/own-table.ts';
import { renderRemoval } from '../../core/nft/removal.ts';
import { setName } from '../../core/nft/set-name.ts';
import { MAX_TIMEOUT } from '../../core/nft/timeout.ts';
import { LibnftablesError, type Nftables, openNftables } from '../ffi/libnftables.ts';
import type { Readiness } from '../ffi/readiness.ts';
import { SystemCallError } from '../ffi/system-call-error.ts';
import { type Firewall, FirewallError, type Gate, type Grant } from './firewall.ts';
import { areLeasesLost } from './lost-leases.ts';
import { findAnchors, requireAnchors } from './nft-anchors.ts';
import { NftElements } from './nft-elements.ts';
import { listSetNames } from './nft-listing.ts';
import { findTraces, renderStanding } from './nft-traces.ts';
import { watchRules } from './rule-watch.ts';
import { readUses } from './single-uses.ts';

/**
 * `attach`: chains of somebody else's that are to honour the doors; without any, Bussa has a table of its own. `found`:
 * nobody has named them: those that no door needs are left alone, and a path that none is on is closed in the own table.
 */
export type NftablesOptions =
  | { readonly attach?: readonly AttachPoint[]; readonly found?: never }
  | { readonly found: readonly PathChain[]; readonly attach?: never };

/** nftables in the network namespace of this process: rules through libnftables, elements by netlink. */
export function openNftablesFirewall(options: NftablesOptions = {}): Firewall {
  return translated('open nftables', () => {
    const nft = openNftables();
    try {
      return new NftablesFirewall(nft, new NftElements(), options);
    } catch (error) {
      nft.close();
      throw error;
    }
  });
}

class NftablesFirewall implements Firewall {
  readonly closesByItself = true;
  readonly longest = MAX_TIMEOUT;
  readonly name: string;
  readonly #nft: Nftables;
  readonly #elements: NftElements;
  readonly #attach: readonly AttachPoint[];
  readonly #found: readonly PathChain[] | undefined;
  /** Paths on which no chain is known to close. */
  readonly #open: readonly Path[];
  /** Where sets of Bussa's stand. */
  #homes: readonly Home[];
  #singleUse: ReadonlySet<string> = new Set();
  /** What `install` has left; '' before. */
  #standing = '';

  constructor(nft: Nftables, elements: NftElements, { attach = [], found }: NftablesOptions) {
    this.#nft = nft;
    this.#elements = elements;
    this.#attach = attach;
    this.#found = found;
    const open = PATHS.filter((path) => found?.every((chain) => chain.path !== path) ?? attach.length === 0);
    this.#open = open;
    const points = found ?? attach;
    this.#homes = points.length === 0 ? [OWN_HOME] : guestHomes(points);
    const own = open.length === 0 ? [] : [`table ${renderHome(OWN_HOME)}`];
    const guest = points.length === 0 ? [] : [`attached to ${points.map(renderAttachPoint).join(', ')}`];
    this.name = ['nftables', ...guest, ...own].join(', ');
  }

  get closedPaths(): readonly Path[] {
    if (this.#attach.length === 0) return this.#open;
    try {
      return pathsBeside(findAnchors(this.#nft, this.#attach));
    } catch (error) {
      // Then `install` cannot close anything either, and says why.
      if (error instanceof FirewallError || error instanceof LibnftablesError) return [];
      throw error;
    }
  }

  async install(gates: readonly Gate[], grants: readonly Grant[]): Promise<readonly Grant[]> {
    const live = grants.filter(({ left }) => left > 0);
    const unknown = translated(`install Bussa's part of ${this.name}`, () =>
      twice(() => {
        const { anchors, homes, own } = this.#place(gates);
        requireHomes(homes, grants);
        const uses = readUses(this.#nft, gates, live);
        const open = live.filter((grant) => !uses.has(grant) || uses.get(grant) === 'unused');
        const traces = findTraces(this.#nft);
        const part =
          anchors.length === 0 ? renderOwnTable(gates, open) : renderGuestPart(anchors, gates, open, own);
        this.#run([...renderRemoval(traces), ...part]);
        this.#homes = homes;
        this.#standing = this.#readStanding();
        return live.filter((grant) => uses.get(grant) === 'unknown');
      }),
    );
    this.#singleUse = new Set(gates.filter(({ singleUse }) => singleUse).map(({ door }) => door));
    return unknown;
  }

  /** Where these gates' rules are to stand. `own`: the paths that are closed in Bussa's own table. */
  #place(gates: readonly Gate[]): {
    readonly anchors: readonly Anchor[];
    readonly homes: readonly Home[];
    readonly own: readonly Path[];
  } {
    const isNeeded = (path: Path): boolean => gates.some(({ ports }) => portsOn(ports, path).length > 0);
    const points = this.#found?.filter(({ path }) => isNeeded(path)) ?? this.#attach;
    const anchors = findAnchors(this.#nft, points);
    if (this.#attach.length > 0) requireAnchors(anchors, gates);
    const beside = this.#attach.length > 0 ? pathsBeside(anchors) : this.#open;
    const own = beside.filter(isNeeded);
    const isOwn = own.length > 0 || points.length === 0;
    return { anchors, homes: [...guestHomes(points), ...(isOwn ? [OWN_HOME] : [])], own };
  }

  async grant(grant: Grant): Promise<void> {
    if (grant.left <= 0) return this.revoke(grant.door, grant.source);
    this.#grant(`door ${grant.door} for ${grant.source}`, [grant]);
  }

  async grantAll(grants: readonly Grant[]): Promise<void> {
    this.#grant(`doors for ${grants.length} leases`, grants);
  }

  #grant(what: string, grants: readonly Grant[]): void {
    requireHomes(this.#homes, grants);
    const changes = changesForGrants(this.#homes, grants);
    translated(`open ${what} in ${this.name}`, () => this.#elements.open(changes));
  }

  async revoke(door: string, source: Address): Promise<void> {
    translated(`close door ${door} for ${source} in ${this.name}`, () => {
      try {
        this.#elements.change(changesForRevoke(this.#homes, door, source));
      } catch (error) {
        // Where somebody has taken the set away, nothing is open through it.
        const sets = listSetNames(this.#nft);
        const left = this.#homes.filter((home) =>
          sets.has(`${renderHome(home)} ${setName(home.prefix, door, familyOf(source))}`),
        );
        if (left.length === this.#homes.length) throw error;
        this.#elements.change(changesForRevoke(left, door, source));
      }
    });
  }

  async isInPlace(live: readonly Grant[]): Promise<boolean> {
    if (this.#standing === '') return false;
    const lasting = live.filter(({ door }) => !this.#singleUse.has(door));
    return translated(
      `list ${this.name}`,
      () =>
        twice(() => this.#readStanding() === this.#standing) &&
        this.#homes.every((home) => {
          const own = lasting.filter(({ source }) => homesFor([home], source).length > 0);
          return !areLeasesLost(own, (grant) => this.#has(home, grant));
        }),
    );
  }

  #has(home: Home, { door, source }: Grant): boolean {
    try {
      this.#run([renderLook(home, door, source)]);
      return true;
    } catch (error) {
      if (error instanceof LibnftablesError) return false;
      throw error;
    }
  }

  watch(onChange: () => void): Readiness {
    return watchRules(onChange);
  }

  async remove(): Promise<void> {
    translated(`remove Bussa's part of ${this.name}`, () =>
      twice(() => this.#run(renderRemoval(findTraces(this.#nft)))),
    );
    this.#standing = '';
  }

  close(): void {
    this.#nft.close();
    this.#elements.close();
  }

  /** One buffer is one transaction. */
  #run(commands: readonly string[]): void {
    if (commands.length > 0) this.#nft.run(`${commands.join('\n')}\n`);
  }

  #readStanding(): string {
    return renderStanding(this.#nft, this.#homes.map(renderHome));
  }
}

/**
 * Chains that the owner has named at `forward` alone: what this host itself listens on there is closed in the own table.
 */
function pathsBeside(anchors: readonly Anchor[]): Path[] {
  return anchors.some(({ path }) => path === 'input') ? [] : ['input'];
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
    if (!(error instanceof LibnftablesError || error instanceof SystemCallError)) throw error;
    const remedy = /Operation not permitted|EPERM/.test(error.message)
      ? ': run it as root, or grant the capability cap_net_admin'
      : '';
    throw new FirewallError(`cannot ${what}: ${error.message}${remedy}`, { cause: error });
  }
}
