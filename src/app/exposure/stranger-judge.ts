import type { HostRoutes } from '../../core/firewall/judge/journey.ts';
import { judgeStranger, type Question, type StrangerFate } from '../../core/firewall/judge/judge-stranger.ts';
import { type RuleListings, readRuleset } from '../../core/firewall/judge/read-ruleset.ts';
import type { Ruleset } from '../../core/firewall/judge/ruleset.ts';
import { type Address, type Family, familyOf } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';

/** RFC 3927 and RFC 4291 section 2.5.6: known on their link alone. */
const LINK_LOCAL = /^(?:169\.254\.|fe[89ab])/;

export type JudgedPort = Pick<Question, 'protocol' | 'port'>;

/** The one judge of what strangers reach, for doctor, status, the log and whoever says that a port is closed. */
export class StrangerJudge {
  readonly ruleset: Ruleset;
  readonly #entrances: Question['entrances'];
  readonly #routes: HostRoutes;

  /** `outer`: the interfaces by which strangers come. */
  constructor(listings: RuleListings, outer: readonly HostInterface[], routes: HostRoutes) {
    this.ruleset = readRuleset(listings);
    this.#entrances = outer.map(({ name, addresses }) => ({
      interface: name,
      addresses: addresses.filter(isReachable),
    }));
    this.#routes = routes;
  }

  /** Those by which a stranger can reach this host. */
  get families(): readonly Family[] {
    const all = this.#entrances.flatMap(({ addresses }) => addresses.map(familyOf));
    return all.includes(6) ? [4, 6] : [4];
  }

  fateOf(
    port: JudgedPort,
    family: Family,
    state: Question['state'] = 'new',
    ruleset = this.ruleset,
  ): StrangerFate {
    const question = { ...port, family, state, entrances: this.#entrances, routes: this.#routes };
    return judgeStranger(ruleset, question);
  }
}

const isReachable = (address: Address): boolean => !LINK_LOCAL.test(address);
