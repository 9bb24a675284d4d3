import type { Fix, RemedyKind } from '../../core/doctor/finding.ts';
import { acceptInChain } from '../../core/firewall/judge/fix-rules.ts';
import { renderDecision } from '../../core/firewall/judge/name-rule.ts';
import type { Family } from '../../core/net/address.ts';
import type { JudgedPort, StrangerJudge } from './stranger-judge.ts';

export const nameOf = ({ protocol, port, path }: JudgedPort): string =>
  `${protocol}/${port}${path === 'forward' ? ' forward' : ''}`;
export const versions = (fates: readonly { readonly family: Family }[]): string =>
  fates.map(({ family }) => `IPv${family}`).join(' and ');

/** What blocks users who have knocked, and the command that accepts the port there. */
export type Obstacle = { readonly message: string; readonly fix: Fix<RemedyKind<'way-in'>> };

/**
 * Bussa's rules accept whoever knocked, but the owner's own rules may still drop the packet. No rule elsewhere can
 * override that.
 */
export function judgeWayIn(port: JudgedPort, judge: StrangerJudge): Obstacle | undefined {
  if (!judge.hasOwnRules) return undefined;
  const barred = judge.families.flatMap((family) => {
    const { kind, by, finalPort } = judge.leasedFateOf(port, family);
    return kind === 'dropped' && by !== undefined ? [{ family, by, port: finalPort ?? port.port }] : [];
  });
  const fixes = barred.map((one) => acceptInChain(one.by, { ...port, port: one.port }));
  const [first] = fixes;
  if (first === undefined) return undefined;
  const rules = new Set(barred.map(({ by }) => renderDecision(by)));
  const commands = new Set(fixes.map(({ command }) => command));
  const by = `${[...rules].join(' and ')} ${rules.size > 1 ? 'drop' : 'drops'} it`;
  return {
    message: `${nameOf(port)} stays shut over ${versions(barred)} even after a knock: ${by}`,
    fix: { by: first.by, command: [...commands].join(' && ') },
  };
}
