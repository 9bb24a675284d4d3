import { type AttachPoint, renderAttachPoint } from '../../../core/door/attach-point.ts';
import { portsOn } from '../../../core/door/port-opening.ts';
import type { PathChain } from '../../../core/firewall/choose-firewall.ts';
import { type Address, type Family, familyOf } from '../../../core/net/address.ts';
import { type AttachedChain, attachedTables, renderAttachedRules } from '../../../core/nft/attached-rules.ts';
import {
  changesForGrants,
  changesForRevoke,
  renderGetElement,
  tablesFor,
} from '../../../core/nft/elements.ts';
import { renderOwnTable } from '../../../core/nft/own-table.ts';
import { renderRemoval } from '../../../core/nft/removal.ts';
import { setName } from '../../../core/nft/set-name.ts';
import { OWN_TABLE, type OwnTable, PATHS, type Path, renderTable } from '../../../core/nft/table.ts';
import { MAX_TIMEOUT } from '../../../core/nft/timeout.ts';
import { LibnftablesError, type Nftables, openNftables } from '../../ffi/libnftables.ts';
import type { Readiness } from '../../ffi/readiness.ts';
import { type Firewall, FirewallError, type Gate, GateError, type Grant } from '../contract/firewall.ts';
import { areLeasesLost } from '../contract/lost-leases.ts';
import { listSetNames } from '../ruleset/nft-listing.ts';
import { readRuleGeneration } from '../ruleset/rule-generation.ts';
import { watchRules } from '../ruleset/rule-watch.ts';
import { asFirewallError, withRetry } from './as-firewall-error.ts';
import { findAttachedChains, listClosing, requireBaseChains, unseenFamilies } from './attached-chains.ts';
import { NftElements } from './nft-elements.ts';
import { findOwnObjects, renderInstalled } from './own-objects.ts';
import { readUses } from './unused-elements.ts';

/**
 * Bussa's own table closes the ports, whatever else exists. Foreign chains that drop must also accept the doors'
 * sources: those in `attach` are named by the owner; those in `found` are used only if a door needs them.
 */
export type NftablesOptions =
  | { readonly attach?: readonly AttachPoint[]; readonly found?: never }
  | { readonly found: readonly PathChain[]; readonly attach?: never };

/** nftables in the network namespace of this process: rules through libnftables, elements through netlink. */
export function openNftablesFirewall(options: NftablesOptions = {}): Firewall {
  return asFirewallError('open nftables', () => {
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
  readonly closedPaths = PATHS;
  readonly longest = MAX_TIMEOUT;
  readonly name: string;
  readonly #nft: Nftables;
  readonly #elements: NftElements;
  readonly #attach: readonly AttachPoint[];
  readonly #found: readonly PathChain[] | undefined;
  /** Tables that contain sets of Bussa's. */
  #ownTables: readonly OwnTable[] = [OWN_TABLE];
  /** Families that a foreign chain drops and no chain in `attach` sees. */
  #unseen: readonly Family[] = [];
  #singleUse: ReadonlySet<string> = new Set();
  #shortcoming: string | undefined;
  /** The rules that `install` left; '' before. */
  #installed = '';
  /** Generation of the ruleset in which the rules were last found complete. */
  #seenIn: number | undefined;

  constructor(nft: Nftables, elements: NftElements, { attach = [], found }: NftablesOptions) {
    this.#nft = nft;
    this.#elements = elements;
    this.#attach = attach;
    this.#found = found;
    const points = found ?? attach;
    const attachedTo = points.length === 0 ? [] : [`attached to ${points.map(renderAttachPoint).join(', ')}`];
    this.name = ['nftables', ...attachedTo, `table ${renderTable(OWN_TABLE)}`].join(', ');
  }

  get shortcoming(): string | undefined {
    return this.#shortcoming;
  }

  async install(gates: readonly Gate[], grants: readonly Grant[], anyway = false): Promise<readonly Grant[]> {
    const live = grants.filter(({ left }) => left > 0);
    const what = `install Bussa's rules in ${this.name}`;
    let unknown: readonly Grant[];
    try {
      unknown = asFirewallError(what, () =>
        withRetry(() => this.#put(gates, live, this.#attachedChains(gates))),
      );
      this.#shortcoming = undefined;
    } catch (error) {
      const isOwnAlone = (this.#found ?? this.#attach).length === 0;
      if (!anyway || isOwnAlone || error instanceof GateError || !(error instanceof FirewallError))
        throw error;
      unknown = asFirewallError(what, () => withRetry(() => this.#put(gates, live, [])));
      this.#shortcoming = `${error.message}; the doors’ ports are closed, and only table ${renderTable(OWN_TABLE)} lets knockers in`;
    }
    this.#singleUse = new Set(gates.filter(({ singleUse }) => singleUse).map(({ door }) => door));
    return unknown;
  }

  /** One transaction that replaces all of Bussa's rules. */
  #put(gates: readonly Gate[], live: readonly Grant[], anchors: readonly AttachedChain[]): readonly Grant[] {
    const uses = readUses(this.#nft, gates, live);
    const open = live.filter((grant) => !uses.has(grant) || uses.get(grant) === 'unused');
    const present = findOwnObjects(this.#nft);
    const part = [...renderOwnTable(gates, open), ...renderAttachedRules(anchors, gates, open)];
    this.#run([...renderRemoval(present), ...part]);
    this.#ownTables = [OWN_TABLE, ...attachedTables(anchors.map(({ point }) => point))];
    this.#installed = this.#readStanding();
    return live.filter((grant) => uses.get(grant) === 'unknown');
  }

  /** The chains that these gates need. */
  #attachedChains(gates: readonly Gate[]): readonly AttachedChain[] {
    const isNeeded = (path: Path): boolean => gates.some(({ ports }) => portsOn(ports, path).length > 0);
    const points = this.#found?.filter(({ path }) => isNeeded(path)) ?? this.#attach;
    const anchors = findAttachedChains(this.#nft, points);
    const closing = this.#attach.length === 0 ? [] : listClosing(this.#nft);
    requireBaseChains(anchors, gates, closing);
    this.#unseen = unseenFamilies(anchors, closing);
    return anchors;
  }

  async grant(grant: Grant): Promise<void> {
    if (grant.left <= 0) return this.revoke(grant.door, grant.source);
    this.#grant(`door ${grant.door} for ${grant.source}`, [grant]);
  }

  async grantAll(grants: readonly Grant[]): Promise<void> {
    this.#grant(`doors for ${grants.length} leases`, grants);
  }

  #grant(what: string, grants: readonly Grant[]): void {
    this.#requireSeen(grants);
    const changes = changesForGrants(this.#ownTables, grants);
    asFirewallError(`open ${what} in ${this.name}`, () => this.#elements.open(changes));
  }

  async rehearse(grant: Grant): Promise<void> {
    this.#requireSeen([grant]);
    this.#elements.rehearse(changesForGrants(this.#ownTables, [grant]));
  }

  /** A chain that sees one family cannot let in the other. */
  #requireSeen(grants: readonly Grant[]): void {
    const unseen = grants.find(({ source }) => this.#unseen.includes(familyOf(source)));
    if (unseen === undefined) return;
    const family = familyOf(unseen.source) === 4 ? 'ip' : 'ip6';
    throw new FirewallError(
      `cannot open door ${unseen.door} for ${unseen.source}: none of the tables in attach sees its packets, ` +
        `and another drops them; add a chain of family inet or ${family}`,
    );
  }

  async revoke(door: string, source: Address): Promise<void> {
    asFirewallError(`close door ${door} for ${source} in ${this.name}`, () => {
      try {
        this.#elements.change(changesForRevoke(this.#ownTables, door, source));
      } catch (error) {
        // If the set was removed, nothing is open through it.
        const sets = listSetNames(this.#nft);
        const left = this.#ownTables.filter((ownTable) =>
          sets.has(`${renderTable(ownTable)} ${setName(ownTable.prefix, door, familyOf(source))}`),
        );
        if (left.length === this.#ownTables.length) throw error;
        this.#elements.change(changesForRevoke(left, door, source));
      }
    });
  }

  async isInPlace(live: readonly Grant[]): Promise<boolean> {
    if (this.#installed === '' || this.#shortcoming !== undefined) return false;
    const generation = readRuleGeneration();
    const isStanding = asFirewallError(`list ${this.name}`, () => this.#stands(generation));
    this.#seenIn = isStanding ? generation : undefined;
    return isStanding && !asFirewallError(`list ${this.name}`, () => this.#hasLost(live));
  }

  #stands(generation: number | undefined): boolean {
    if (generation !== undefined && generation === this.#seenIn) return true;
    return withRetry(() => this.#readStanding() === this.#installed);
  }

  /** Checked each time: leases can disappear without a change of the rules. */
  #hasLost(live: readonly Grant[]): boolean {
    const lasting = live.filter(({ door }) => !this.#singleUse.has(door));
    return this.#ownTables.some((ownTable) => {
      const own = lasting.filter(({ source }) => tablesFor([ownTable], source).length > 0);
      return areLeasesLost(own, (grant) => this.#has(ownTable, grant));
    });
  }

  #has(ownTable: OwnTable, { door, source }: Grant): boolean {
    try {
      this.#run([renderGetElement(ownTable, door, source)]);
      return true;
    } catch (error) {
      if (error instanceof LibnftablesError) return false;
      throw error;
    }
  }

  watch(onChange: () => void): Readiness {
    return watchRules(onChange);
  }

  async howToOpen(): Promise<string | undefined> {
    return asFirewallError(`list ${this.name}`, () => {
      const commands = renderRemoval(findOwnObjects(this.#nft));
      const [first, ...others] = commands;
      return others.length === 0 ? first && `nft ${first}` : `nft '${commands.join('; ')}'`;
    });
  }

  async remove(): Promise<void> {
    asFirewallError(`remove Bussa's rules from ${this.name}`, () =>
      withRetry(() => this.#run(renderRemoval(findOwnObjects(this.#nft)))),
    );
    this.#installed = '';
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
    return renderInstalled(this.#nft, this.#ownTables.map(renderTable));
  }
}
