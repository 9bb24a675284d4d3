import type { Reloaded } from '../../../core/control/reload-answer.ts';
import { printable } from '../../../core/event/printable.ts';
import { diagnosticParts, renderDiagnostic } from '../../../core/text/diagnostic.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Verb } from '../../arguments/verb.ts';
import { askAction, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';

export const RELOAD: Verb = {
  name: 'reload',
  summary: "reload the daemon's configuration, and report the result",
  description: [
    'Does what SIGHUP does, and answers when the new configuration is in force: what has changed, and the warnings. If the file has mistakes, it prints them with their places, the old configuration stays in force, and the exit status is 78. If another reason prevents the reload, for instance because it would lock somebody out, the status is 1.',
  ],
  operands: [],
  options: SELECTOR_OPTIONS,
  read: ({ values }, environment) => {
    const choice = readSelector(values, environment);
    return askAction(choice, { verb: 'reload' }, ({ reload }, output) => {
      const { outcome, mistakes, diagnostics, left, reasons, changes } = reload;
      const json = {
        outcome,
        mistakes,
        diagnostics: diagnostics.map(diagnosticParts),
        left,
        reasons,
        ...(changes === undefined ? {} : { changes }),
      };
      const lines = [
        ...diagnostics.map(renderDiagnostic),
        ...reasons.map(printable),
        ...(left === 0 ? [] : [`… and ${left} more: \`bussa check\` has them all`]),
        ...changeLines(reload),
      ];
      output.answer(json, lines);
      if (outcome === 'done') return EXIT.ok;
      return mistakes > 0 ? EXIT.config : EXIT.failed;
    });
  },
};

function changeLines({ outcome, changes }: Reloaded): string[] {
  if (outcome === 'refused') return ['rejected: the old configuration stays in force'];
  const lines = Object.entries(SORTS).flatMap(([sort, words]) => {
    const names = changes?.[sort as keyof typeof SORTS] ?? [];
    return names.length === 0 ? [] : [`${words}: ${names.map(printable).join(', ')}`];
  });
  return lines.length === 0 ? ['in force: nothing has changed'] : ['in force', ...lines];
}

const SORTS = {
  added: 'new doors',
  removed: 'doors that are gone',
  changed: 'doors that have changed',
  settings: 'settings that have changed',
  users: 'users that have changed',
  members: 'members of the fleet that have changed',
} as const;
