import type { Event } from '../../../core/event/event.ts';
import { renderFailure, saidFailure } from '../../../core/event/failure-words.ts';
import type { Address } from '../../../core/net/address.ts';
import type { CommandOutcome } from '../../../host/process/run-command.ts';

/** Reports how a door's command ended, if it failed. */
export function reportOutcome(report: (event: Event) => void, door: string, outcome: CommandOutcome): void {
  if (outcome.kind === 'ok') return;
  const { failure, lastErrorLine } = outcome;
  report({
    kind: 'command-failed',
    door,
    failure,
    ...(lastErrorLine === undefined ? {} : { lastErrorLine }),
  });
}

/** Reports that the door is not open because its start command failed. Returns the failure. */
export function reportStart(
  report: (event: Event) => void,
  { door, source }: { readonly door: string; readonly source: Address },
  outcome: CommandOutcome,
): string | undefined {
  reportOutcome(report, door, outcome);
  if (outcome.kind === 'ok') return undefined;
  const { failure, lastErrorLine } = outcome;
  const reason = renderFailure(failure, lastErrorLine);
  const why = saidFailure(failure, lastErrorLine);
  report({ kind: 'start-failed', source, door, reason, shortReason: renderFailure(failure), why });
  return reason;
}
