import type { PortOpening } from '../../core/door/port-opening.ts';
import { closersOf } from '../../core/firewall/judge/find-closers.ts';
import type { HostRoutes } from '../../core/firewall/judge/journey.ts';
import { judgeStranger, type Question, type StrangerFate } from '../../core/firewall/judge/judge-stranger.ts';
import { type RuleListings, readRuleset } from '../../core/firewall/judge/read-ruleset.ts';
import type { BaseChain, Ruleset } from '../../core/firewall/judge/ruleset.ts';
import { type Address, type Family, familyOf } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import type { EntryPoints } from './entry-points.ts';

/** RFC 3927 and RFC 4291 section 2.5.6: valid only on their link. */
const LINK_LOCAL = /^(?:169\.254\.|fe[89ab])/;

/** Chains of its own table, and of iptables, as `nftKey` and `keyOf` name them. */
const OWN_RULES = /^nft inet bussa | filter BUSSA$/;

/** `path`: a forwarded port is reached at this host and behind it. */
export type JudgedPort = Pick<Question, 'protocol' | 'port'> & { readonly path?: PortOpening['path'] };

/** The host that has these rules. */
export type JudgedHost = {
  readonly interfaces: readonly HostInterface[];
  readonly entrances: EntryPoints;
  readonly routes: HostRoutes;
};

/**
 * The single judge of what strangers can reach, for doctor, status, the log and every statement that a port is closed.
 */
export class StrangerJudge {
  readonly ruleset: Ruleset;
  readonly #entrances: Question['entrances'];
  readonly #routed: NonNullable<Question['routed']>;
  readonly #routes: HostRoutes;

  constructor(listings: RuleListings, { interfaces, entrances, routes }: JudgedHost) {
    this.ruleset = readRuleset(listings);
    this.#entrances = entrances.input.map(({ name, addresses }) => ({
      interface: name,
      addresses: addresses.filter(isReachable),
    }));
    const inner = interfaces.filter(({ up, loopback }) => up && loopback !== true);
    this.#routed = {
      ingresses: entrances.forward.length > 0 ? entrances.forward : inner.map(anyOther),
      near: inner.flatMap(({ addresses }) => addresses.filter(isReachable)),
    };
    this.#routes = routes;
  }

  /** IP versions over which a stranger can reach this host. */
  get families(): readonly Family[] {
    const all = this.#entrances.flatMap(({ addresses }) => addresses.map(familyOf));
    return all.includes(6) ? [4, 6] : [4];
  }

  /** Whether Bussa's rules are among them: only then does a lease let anybody in. */
  get hasOwnRules(): boolean {
    return [...this.ruleset.chains.keys()].some((key) => OWN_RULES.test(key));
  }

  /** nftables chains that drop this port by themselves. */
  closersOf(port: JudgedPort, family: Family): BaseChain[] {
    return closersOf(this.ruleset, { ...this.#questionOf(port, family), state: 'new' });
  }

  /** What happens to packets of somebody who has knocked. */
  leasedFateOf(port: JudgedPort, family: Family): StrangerFate {
    return judgeStranger(this.ruleset, { ...this.#questionOf(port, family), state: 'new', hasLease: true });
  }

  fateOf(
    port: JudgedPort,
    family: Family,
    state: Question['state'] = 'new',
    ruleset = this.ruleset,
  ): StrangerFate {
    return judgeStranger(ruleset, { ...this.#questionOf(port, family), state });
  }

  #questionOf({ path, ...port }: JudgedPort, family: Family): Omit<Question, 'state'> {
    const routed = path === 'forward' ? { routed: this.#routed } : {};
    return { ...port, ...routed, family, entrances: this.#entrances, routes: this.#routes };
  }
}

const anyOther = ({ name }: HostInterface) => ({ from: name, exceptTo: [name] });
const isReachable = (address: Address): boolean => !LINK_LOCAL.test(address);
