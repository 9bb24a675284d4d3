import { STEP } from '../../../core/attempt/steps.ts';
import type { LogEvent } from '../../../core/event/event.ts';
import type { SpreadVerdict } from '../../../core/fleet/spread/judge-spread.ts';
import type { AnsweredQuestion } from '../../../core/fleet/spread/pending-questions.ts';
import type { Reports } from '../reporting/reports.ts';

/**
 * Reports a sequence that was completed with the knocks of other hosts, as the packet loop reports one that this host
 * has seen completely.
 */
export function reportVerdict(reports: Reports, question: AnsweredQuestion, { kind }: SpreadVerdict): void {
  if (kind === 'incomplete') return;
  const { door, source, witnesses } = question;
  reports.step(STEP[kind]);
  const place = { source, door: door.name };
  const event: LogEvent =
    kind === 'completed'
      ? { kind, ...place, ...gatewaysOf(witnesses) }
      : { kind, ...place, stage: door.sequence.length };
  const sort = kind === 'completed' ? `${door.name}: OPEN SESAME` : `${door.name}: withheld`;
  if (reports.admits(kind, sort, performance.now())) reports.write(event);
  reports.feed.add(event);
  if (kind === 'completed') reports.completed(door.name);
}

function gatewaysOf(witnesses: AnsweredQuestion['witnesses']): { readonly gateways?: string } {
  const names = witnesses.filter(({ observed }) => observed.hits.length > 0).map(({ member }) => member);
  return names.length === 0 ? {} : { gateways: names.join(', ') };
}
