import type { Exposure } from '../../../core/control/daemon-status.ts';
import { printable } from '../../../core/event/printable.ts';

/**
 * What the whole ruleset does to strangers and to those who knocked, in sentences. A port is called closed only after
 * this judgement.
 */
export function renderExposure({ closed, open, unjudged, shut }: Exposure): string[] {
  const names = closed.join(', ');
  return [
    ...(closed.length === 0 ? [] : [`Strangers cannot reach, judged by the whole ruleset: ${names}.`]),
    ...open.map((text) => `PROBLEM: ${printable(text)}. \`bussa doctor\` says what closes it.`),
    ...shut.map((text) => `PROBLEM: ${printable(text)}.`),
    ...unjudged.map((text) => `${printable(text)}. Test it from another machine.`),
  ];
}
