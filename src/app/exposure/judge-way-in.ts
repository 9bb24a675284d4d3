import type { Mend, RemedyKind } from '../../core/doctor/finding.ts';
import { acceptInChain } from '../../core/firewall/judge/mend.ts';
import { renderDecision } from '../../core/firewall/judge/name-rule.ts';
import type { Family } from '../../core/net/address.ts';
import type { JudgedPort, StrangerJudge } from './stranger-judge.ts';

export const nameOf = ({ protocol, port, path }: JudgedPort): string =>
  `${protocol}/${port}${path === 'forward' ? ' forward' : ''}`;
export const versions = (fates: readonly { readonly family: Family }[]): string =>
  fates.map(({ family }) => `IPv${family}`).join(' and ');

/** What blocks users who have knocked, and the command that accepts the port there. */
export type Barrier = { readonly message: string; readonly mend: Mend<RemedyKind<'way-in'>> };

/**
 * Bussa's rules accept whoever knocked, but the owner's own rules may still drop the packet. No rule elsewhere can
 * override that.
 */
export function judgeWayIn(port: JudgedPort, judge: StrangerJudge): Barrier | undefined {
  if (!judge.hasOwnRules) return undefined;
  const barred = judge.families.flatMap((family) => {
    const { kind, by, finalPort } = judge.leasedFateOf(port, family);
    return kind === 'dropped' && by !== undefined ? [{ family, by, port: finalPort ?? port.port }] : [];
  });
  const mends = barred.map((one) => acceptInChain(one.by, { ...port, port: one.port }));
  const [first] = mends;
  if (first === undefined) return undefined;
  const rules = new Set(barred.map(({ by }) => renderDecision(by)));
  const commands = new Set(mends.map(({ command }) => command));
  const by = `${[...rules].join(' and ')} ${rules.size > 1 ? 'drop' : 'drops'} it`;
  return {
    message: `${nameOf(port)} stays shut over ${versions(barred)} even after a knock: ${by}`,
    mend: { by: first.by, command: [...commands].join(' && ') },
  };
}
