import { type Question, tryAllWays } from './judge-stranger.ts';
import type { BaseChain, Ruleset } from './ruleset.ts';
import { GENERAL_PORT } from './strangers.ts';
import type { TriedPath } from './try-strangers.ts';

/** Hooks whose chains a door can be opened in. */
const HOOKS: ReadonlySet<string> = new Set(['input', 'forward']);
const FAMILIES: ReadonlySet<string> = new Set(['inet', 'ip', 'ip6']);

/** The nftables chains that drop every stranger's packet to this port by their own rules, whatever their policy. */
export function closersOf(ruleset: Ruleset, question: Question): BaseChain[] {
  const translations = ruleset.bases.filter(({ type, hook }) => type === 'nat' && hook === 'prerouting');
  return ruleset.bases
    .filter(({ type, hook, family, place }) => {
      return type === 'filter' && HOOKS.has(hook) && FAMILIES.has(family) && place.tool === 'nft';
    })
    .filter((base) => {
      const alone = { bases: [...translations, base], chains: ruleset.chains };
      return closesSomewhere(base, tryAllWays(alone, question));
    });
}

/**
 * On one of the host's interfaces and addresses, or for one host behind it. Named exceptions are the owner's decision.
 */
function closesSomewhere(base: BaseChain, tried: readonly TriedPath[]): boolean {
  const strangers = tried.filter(
    ({ origin, isPlain, comesAgain, port }) =>
      origin.isGeneral && isPlain && !comesAgain && port === GENERAL_PORT,
  );
  const ways = Map.groupBy(strangers, (one) => `${one.interface} ${one.address} ${one.isRouted}`);
  const isClosed = ({ fate }: TriedPath): boolean =>
    fate.kind === 'dropped' && fate.end.by?.chain.key === base.key;
  return [...ways.values()].some((all) => all.every(isClosed));
}
