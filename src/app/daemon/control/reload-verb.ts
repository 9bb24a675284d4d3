import { RequestError } from '../../../core/control/parse-request.ts';
import type { Reloaded } from '../../../core/control/reload-answer.ts';
import type { ByOperator } from '../../../core/event/event.ts';
import type { Diagnostic } from '../../../core/text/diagnostic.ts';
import type { ControlVerbs } from '../../../host/control/control-verbs.ts';
import type { ReloadOutcome } from '../reload/reload.ts';

/** BOUNDED: diagnostics, and door names of each kind, in an answer. */
const MAX_TOLD = 500;

/** Answers when the new configuration is active, or known not to be. */
export function reloadVerb(reload: (by: ByOperator) => Promise<ReloadOutcome>): Pick<ControlVerbs, 'reload'> {
  return { reload: async (_, asker) => ({ reload: answerOf(await reload(asker())) }) };
}

function answerOf(outcome: ReloadOutcome): Reloaded {
  switch (outcome.kind) {
    case 'stopping':
      throw new RequestError('the daemon is ending');
    case 'refused': {
      const { mistakes, diagnostics, reasons } = outcome;
      return { outcome: 'refused', mistakes, ...bounded(diagnostics), reasons: some(reasons) };
    }
    case 'done': {
      const { changes, warnings, reasons } = outcome;
      const { added, removed, changed, settings, users = [] } = changes;
      const doors = { added: some(added), removed: some(removed), changed: some(changed) };
      const named = { ...doors, settings, users: some(users) };
      return { outcome: 'done', mistakes: 0, ...bounded(warnings), reasons, changes: named };
    }
    default:
      throw new Error(`a reload without an answer: ${JSON.stringify(outcome satisfies never)}`);
  }
}

const some = (names: readonly string[]): readonly string[] => names.slice(0, MAX_TOLD);

const bounded = (all: readonly Diagnostic[]): Pick<Reloaded, 'diagnostics' | 'left'> => ({
  diagnostics: all.slice(0, MAX_TOLD),
  left: Math.max(0, all.length - MAX_TOLD),
});
