import type { RulePlace } from './journey.ts';
import type { StrangerFate } from './judge-stranger.ts';
import type { Decision } from './pass-hooks.ts';

/** The rule in its own tool's form; for nftables its handle, as shown by `nft -a list chain`. */
export function renderRule({ tool, family, table, chain, text, handle }: RulePlace): string {
  if (tool === 'nft') return `nft ${family} ${table} ${chain}, handle ${handle}`;
  return `${tool}${table === 'filter' ? '' : ` -t ${table}`} -A ${chain} ${text}`;
}

/** What decided. */
export function renderDecision({ chain, rule }: Decision): string {
  if (rule !== undefined) return `\`${renderRule(rule)}\``;
  return `the policy of ${chain.name}`;
}

/** `by …`, and for whom if not everybody. */
export function renderFate(fate: StrangerFate): string {
  const { kind, by, who, why, but, interface: name, translatedBy, behind } = fate;
  const to = behind === undefined ? '' : `, through this host to ${behind}`;
  const through = `${name === undefined ? '' : ` on ${name}`}${to}`;
  const decision = by === undefined ? 'no rule stands in the way' : renderDecision(by);
  const first = translatedBy === undefined ? '' : `, sent on by \`${renderRule(translatedBy)}\``;
  const some = but.length === 0 ? '' : `; let in: ${but.join(', ')}`;
  switch (kind) {
    case 'in':
      return `${decision}${through}${first}${who === undefined ? '' : `, for ${who}`}`;
    case 'depends':
      return `${why ?? 'more than the rules tell'} (${decision}${through})`;
    default:
      return `${by?.chain.name ?? decision}${some}`;
  }
}
