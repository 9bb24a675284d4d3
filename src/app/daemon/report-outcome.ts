import type { Event } from '../../core/event/event.ts';
import type { CommandOutcome } from '../../host/process/run-command.ts';

/** Says how a command of a door ended, if it did not end well. */
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
